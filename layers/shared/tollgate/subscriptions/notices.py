"""What a provider tells of a subscription by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.values import Billing
from tollgate.subscriptions.errors import SubscriptionChanged
from tollgate.subscriptions.model import OVER, State, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.providers import Learned, RecurringProviders
from tollgate.subscriptions.recording import Recorded, SubscriptionRecorder
from tollgate.subscriptions.reports import Alive, Ended, Ending, Fact, Told

_ATTEMPTS = 8


class Heard(StrEnum):
    """What a notice has done."""

    MOVED = "moved"
    KNOWN = "known"
    STALE = "stale"
    HELD = "held"  # money that came once more
    EARLY = "early"  # it waits for what it builds on
    ABSENT = "absent"  # there is no such subscription, though it says that it is ours
    FOREIGN = "foreign"  # somebody else's on the same account
    STRANGE = "strange"  # it names one of another provider, is ours by no proof, or goes on with what has ended


@dataclass(frozen=True, slots=True)
class SubscriptionNotice:
    """Tenant and subscription are our echo, if there is one; `reference` is the provider's own, where it is named. One
    that is only `claimed` says that it is ours and proves it by nothing but that reference.
    """

    tenant: str | None
    subscription_id: str | None
    reference: str | None
    fact: Fact
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of a notice, and whether its event is settled or parked with that. `waits_for` is the first payment,
    by tenant and id, of a subscription that has not begun.
    """

    heard: Heard
    stored: bool = True
    waits_for: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How an event is put by: laid beside its subscription, by tenant and id, or settled."""

    park: Callable[[str, str], Sequence[Write]]
    settle: Callable[[Heard], Write]


_HEARD = {
    Meaning.MOVE: Heard.MOVED,
    Meaning.REPEAT: Heard.KNOWN,
    Meaning.STALE: Heard.STALE,
    Meaning.REVIEW: Heard.HELD,
}


class SubscriptionNotices:
    """Applies them."""

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        recorder: SubscriptionRecorder,
        providers: RecurringProviders,
        unit_of_work: UnitOfWork,
    ) -> None:
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._providers = providers
        self._unit_of_work = unit_of_work

    def hear(self, provider: str, notice: SubscriptionNotice, waiting: Waiting, trace: str | None) -> Hearing:
        """Record a notice, in one transaction with the write that settles its event. Raises `RetryableError` where it
        changes too fast.
        """
        of = self._find(provider, notice)
        if isinstance(of, Heard):
            return Hearing(of, stored=False)
        of = self._alive(of, provider, notice, trace)
        for _ in range(_ATTEMPTS):
            fact = self._newest(of, notice.fact)
            if fact is None:
                return Hearing(Heard.EARLY, stored=False)
            recorded = self._record(of, fact, waiting, trace)
            if recorded.meaning is not Meaning.EARLY:
                return Hearing(_HEARD[recorded.meaning])
            of = recorded.subscription
            if of.state is State.PENDING:
                return Hearing(Heard.EARLY, stored=False, waits_for=(of.tenant, of.payment))
            try:
                self._unit_of_work.commit(*waiting.park(of.tenant, of.id), self._subscriptions.flag(of))
            except SubscriptionChanged as changed:
                of = changed.subscription
            else:
                return Hearing(Heard.EARLY)
        raise ConcurrentChange(f"{of.id} changes too fast")

    def hear_of_beginning(self, provider: str, tenant: str, billing: Billing) -> None:
        """That a page was paid with nothing, for a trial, after its order was given up. There is no money to be held
        that would tell of it; it is to be ended there, before there is some.
        """
        of = self._subscriptions.get(SubscriptionKey(tenant, billing.subscription))
        if of is not None and of.state is State.EXPIRED and billing.reference is not None:
            self._recorder.record(of, Alive(provider, billing.reference))

    def _alive(self, of: Subscription, provider: str, notice: SubscriptionNotice, trace: str | None) -> Subscription:
        """An order that has expired here, and begins there all the same, is to be ended there."""
        if of.state is not State.EXPIRED or notice.reference is None or isinstance(notice.fact, Ended):
            return of
        return self._recorder.record(of, Alive(provider, notice.reference), trace=trace).subscription

    def _record(self, of: Subscription, fact: Fact, waiting: Waiting, trace: str | None) -> Recorded:
        def settling(each: Recorded) -> Sequence[Write]:
            return (waiting.settle(_HEARD[each.meaning]),)

        return self._recorder.record(of, fact, settling, trace)

    def _find(self, provider: str, notice: SubscriptionNotice) -> Subscription | Heard:
        key = self._subscriptions.find(provider, notice.reference) if notice.reference else None
        if key is None and notice.tenant and notice.subscription_id and is_id("sub", notice.subscription_id):
            key = SubscriptionKey(notice.tenant, notice.subscription_id)
        if key is None:
            return Heard.STRANGE if notice.claimed else Heard.FOREIGN
        of = self._subscriptions.get(key)
        if of is None:
            return Heard.ABSENT
        fits = of.provider in ("", provider) and (notice.reference is None or of.reference in (None, notice.reference))
        return of if fits and not _revives(of, notice.fact) else Heard.STRANGE

    def _newest(self, of: Subscription, fact: Fact) -> Fact | None:
        """Providers tell time in whole seconds: of two things told in one, the provider says which was last; None while
        it does not.
        """
        if not isinstance(fact, Told | Ending) or of.told_at != fact.at or _is_so(of, fact):
            return fact
        looked = self._providers.look(of)
        return looked.fact if isinstance(looked, Learned) else None


def _revives(of: Subscription, fact: Fact) -> bool:
    """Whether what has ended here goes on at its provider after that: no rule of ours begins it anew. What was never
    known there begins late, and is ended.
    """
    if not isinstance(fact, Ending) or fact.ends or fact.paused or of.ended_at is None or of.reference is None:
        return False
    return of.state in OVER and fact.at >= of.ended_at


def _is_so(of: Subscription, fact: Told | Ending) -> bool:
    """Whether it says what is known: then nobody has to be asked which of two was the last."""
    if not isinstance(fact, Ending) or fact.ends != (of.ends_at is not None):
        return False
    return fact.paused in (None, of.is_paused)

"""Recording a fact about a subscription, whatever else happened to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.errors import PaymentChanged, PaymentExists
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.ports import ParkedEvents, PaymentKey
from tollgate.subscriptions.applying import apply
from tollgate.subscriptions.errors import SubscriptionChanged
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.model import Change, Renewer, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.reports import Fact, Paid, Told

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """The subscription after the fact, and what the fact meant: `MOVE` when it changed anything, `REVIEW` for money
    that came once more for what was paid, and is held.
    """

    subscription: Subscription
    meaning: Meaning


type Alongside = Callable[[Recorded], Sequence[Write]]


class SubscriptionRecorder:
    """Applies one fact in one transaction: the subscription, its events, the payment that an invoice becomes, and
    whatever must be stored alongside.
    """

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        invoiced: InvoicedPayments,
        parked: ParkedEvents,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._invoiced = invoiced
        self._parked = parked
        self._unit_of_work = unit_of_work
        self._clock = clock

    def record(
        self, of: Subscription, fact: Fact, alongside: Alongside = lambda _: (), trace: str | None = None
    ) -> Recorded:
        """Apply a fact to the subscription, or to what it has become. Nothing is stored of one that is `EARLY`, not
        even what is alongside: its provider is to be asked anew, or to tell what it builds on. Raises what the writes
        alongside raise.
        """
        for _ in range(_ATTEMPTS):
            result = apply(of, fact, self._clock.now(), trace)
            if result is Meaning.EARLY:
                return Recorded(of, result)
            try:
                moving = self._moving(of, fact, result, trace)
                recorded = _recorded(of, result, held=bool(moving))
                self._commit(*alongside(recorded), *moving)
            except SubscriptionChanged as changed:
                of = changed.subscription
                if _crosses(fact, of):
                    return Recorded(of, Meaning.EARLY)
            except (PaymentChanged, PaymentExists):
                of = self._again(of)
            else:
                if isinstance(result, Change) and result.unparks:
                    self._parked.wake(PaymentKey(of.tenant, of.id))
                return recorded
        raise ConcurrentChange(f"{of.id} changes too fast")

    def _moving(self, of: Subscription, fact: Fact, change: Change | Meaning, trace: str | None) -> Sequence[Write]:
        if isinstance(change, Meaning):
            if change is not Meaning.REPEAT or not isinstance(fact, Paid):
                return ()
            return self._invoiced.once_more(of, fact, self._clock.now(), trace)
        stored = self._subscriptions.update(change)
        if not change.events:
            return stored
        return (*stored, *self._invoiced.writes(of, fact, self._clock.now(), trace))

    def _commit(self, *writes: Write) -> None:
        if writes:
            self._unit_of_work.commit(*writes)

    def _again(self, of: Subscription) -> Subscription:
        found = self._subscriptions.get(SubscriptionKey(of.tenant, of.id))
        if found is None:
            raise LookupError(f"{of.id} is gone")
        return found


def _recorded(of: Subscription, result: Change | Meaning, *, held: bool) -> Recorded:
    if isinstance(result, Change):
        return Recorded(result.subscription, Meaning.MOVE)
    return Recorded(of, Meaning.REVIEW if held else result)


def _crosses(fact: Fact, of: Subscription) -> bool:
    """Whether something else was recorded meanwhile that its provider told in the same second: which was last, nobody
    can say here.
    """
    return isinstance(fact, Told) and of.told_at == fact.at and of.renewed_by is Renewer.PROVIDER

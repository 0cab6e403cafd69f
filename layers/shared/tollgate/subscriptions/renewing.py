"""Renewing what we charge: whose period is over, one after the other, until nothing is due or there is no more time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions.charging import OwnCharges
from tollgate.subscriptions.errors import SubscriptionChanged
from tollgate.subscriptions.model import LIVE, Renewer, State, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository
from tollgate.subscriptions.providers import Answer, Learned
from tollgate.subscriptions.recording import Recorded, SubscriptionRecorder
from tollgate.subscriptions.reports import Ended, Paid

# Before one is taken up again that could not be charged: its provider does not answer, or does not take it.
WAIT = timedelta(minutes=15)
# What cannot be charged as it is, is for a person to mend; after so long its user is told, and owes it.
REFUSED_FOR = timedelta(days=1)
# So often in a row a provider may keep a run waiting: of all its lanes together.
_MOST_SILENCES = 5


class Renewed(StrEnum):
    """What came of one that was due."""

    RENEWED = "renewed"
    DECLINED = "declined"
    ENDED = "ended"
    UNSURE = "unsure"  # nobody knows yet
    REFUSED = "refused"  # it cannot be charged as it is: a person has to look
    SETTLED = "settled"  # somebody else has seen to it
    FAILED = "failed"  # not as it should be: told to whoever listens


_MOVED_ON = frozenset({Renewed.RENEWED, Renewed.DECLINED, Renewed.ENDED})


class RenewalRefused(TollgateError):
    """It cannot be charged as it is; its text is a code."""

    code = "RENEWAL_REFUSED"


class Silence:
    """Providers that did not answer in this run. After a few times in a row nobody waits for them any more: what is due
    elsewhere would wait, too.
    """

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    def heard(self, provider: str, answer: Answer) -> None:
        """That it said something ends it."""
        if isinstance(answer, Unreachable) or (isinstance(answer, Unknown) and not answer.told):
            self._times[provider] += 1
        elif not isinstance(answer, Unknown):
            del self._times[provider]

    def is_given_up(self, provider: str) -> bool:
        return self._times[provider] >= _MOST_SILENCES


class DueRenewals(ABC):
    """What is due, by lane: a subscription is in one of them for ever."""

    @abstractmethod
    def due(self, lane: int, now: datetime) -> Iterator[SubscriptionKey]:
        """Those of a lane that were due by now, the longest first, read page by page."""


type OnFailure = Callable[[SubscriptionKey, Exception], None]


class Renewals:
    """Each is renewed by itself. Killed anywhere, or run twice at once, each period is charged once."""

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        recorder: SubscriptionRecorder,
        own: OwnCharges,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._own = own
        self._unit_of_work = unit_of_work
        self._clock = clock

    def renew(self, key: SubscriptionKey, silent: Silence) -> Renewed:
        """Charge what is due, or end what was to end. What can be neither is put off, and so is what a provider would
        be asked for that has been `silent` for too long.
        """
        of, now = self._subscriptions.get(key), self._clock.now()
        if of is None or not _is_due(of, now):
            return Renewed.SETTLED
        outcome = Renewed.FAILED
        try:
            outcome = self._renew(of, now, silent)
        finally:
            if outcome not in _MOVED_ON:
                self._put_off(key)
        return outcome

    def _renew(self, of: Subscription, now: datetime, silent: Silence) -> Renewed:
        if of.charging is None and of.ends_at is not None and of.ends_at <= now:
            recorded = self._recorder.record(of, Ended(of.ends_at, at_period_end=True))
            return Renewed.ENDED if recorded.meaning is Meaning.MOVE else Renewed.SETTLED
        if silent.is_given_up(of.provider):
            return Renewed.UNSURE
        answer = self._own.resume(of)
        silent.heard(of.provider, answer)
        match answer:
            case Learned(fact=Paid()):
                return Renewed.RENEWED
            case Learned():
                return Renewed.DECLINED
            case Unreachable() | Unknown():
                return Renewed.UNSURE
            case Rejected(code=code) | Declined(decline=Decline(code=code)):
                return self._refused(of, code, now)
        raise RenewalRefused("not_offered")

    def _refused(self, of: Subscription, code: str, now: datetime) -> Renewed:
        """While a charge is on its way, that one says what becomes of it."""
        if of.charging or of.period is None or now < of.period.end + REFUSED_FOR:
            raise RenewalRefused(code)

        def if_unchanged(recorded: Recorded) -> Sequence[Write]:
            """What was cancelled, paused or charged in this moment is for the next run."""
            if recorded.subscription.revision > of.revision + 1:
                raise RenewalRefused(code)
            return ()

        recorded = self._recorder.record(of, self._own.refused(of, code), if_unchanged)
        return Renewed.DECLINED if recorded.meaning is Meaning.MOVE else Renewed.SETTLED

    def _put_off(self, key: SubscriptionKey) -> None:
        """Whatever is due still: it must not come first in every run."""
        of, now = self._subscriptions.get(key), self._clock.now()
        if of is None or not _is_due(of, now):
            return
        try:
            self._unit_of_work.commit(self._subscriptions.look_again(of, now + WAIT))
        except SubscriptionChanged:
            return  # it moved on by itself


@dataclass(frozen=True, slots=True)
class Swept:
    """How many came to what, whether nothing is left that was due as it began, and why a lane could not be read."""

    done: Counter[Renewed]
    complete: bool
    errors: tuple[Exception, ...] = ()


class RenewalSweep:
    """Lanes side by side. What is left when time is up is due still, and the next run's."""

    def __init__(self, renewals: Renewals, due: DueRenewals, clock: Clock, on_failure: OnFailure) -> None:
        self._renewals = renewals
        self._due = due
        self._clock = clock
        self._on_failure = on_failure

    def run(self, lanes: Sequence[int], out_of_time: Callable[[], bool]) -> Swept:
        """A lane that cannot be read takes nothing from the others."""
        silent = Silence()
        with ThreadPoolExecutor(len(lanes)) as pool:
            # Each in a copy of what is known of this run: whose it is, and what its log lines say.
            begun = [pool.submit(copy_context().run, self._sweep, lane, out_of_time, silent) for lane in lanes]
            swept = [each.result() for each in begun]
        return Swept(
            sum((each.done for each in swept), Counter()),
            all(each.complete for each in swept),
            tuple(error for each in swept for error in each.errors),
        )

    def _sweep(self, lane: int, out_of_time: Callable[[], bool], silent: Silence) -> Swept:
        done: Counter[Renewed] = Counter()
        try:
            for key in self._due.due(lane, self._clock.now()):
                if out_of_time():
                    return Swept(done, complete=False)
                done[self._renewed(key, silent)] += 1
        except Exception as error:  # noqa: BLE001 - raised by whoever runs this, once all lanes are counted
            return Swept(done, complete=False, errors=(error,))
        return Swept(done, complete=True)

    def _renewed(self, key: SubscriptionKey, silent: Silence) -> Renewed:
        """One that cannot be renewed keeps nobody else from it."""
        try:
            return self._renewals.renew(key, silent)
        except RenewalRefused as refused:
            self._on_failure(key, refused)
            return Renewed.REFUSED
        except Exception as error:  # noqa: BLE001 - told, counted, and put off
            self._on_failure(key, error)
            return Renewed.FAILED


def _is_due(of: Subscription, now: datetime) -> bool:
    ours = of.renewed_by is Renewer.PLATFORM and of.state in LIVE and of.state is not State.PAST_DUE
    return ours and of.due_at is not None and of.due_at <= now

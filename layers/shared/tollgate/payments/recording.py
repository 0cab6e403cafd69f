"""Recording a fact about a payment, whatever else happened to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.deposits import NotWanted, held_account
from tollgate.payments.errors import PaymentChanged
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.ports import (
    Consequences,
    ParkedEvents,
    PaymentKey,
    PaymentRepository,
    TiedRecordChanged,
)

# Each loss means that another fact was stored; a payment has far fewer than this in its whole life.
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """The payment after the fact, and what the fact meant: `MOVE` when it changed anything."""

    payment: Payment
    meaning: Meaning


type Alongside = Callable[[Recorded], Sequence[Write]]


class AllConsequences(Consequences):
    """Those of several rooms, each of which is concerned by payments of its own."""

    def __init__(self, *rooms: Consequences) -> None:
        self._rooms = rooms

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        return [write for room in self._rooms for write in room.of(before, after, now)]

    def current(self, payment: Payment) -> Payment:
        for room in self._rooms:
            payment = room.current(payment)
        return payment


class Recorder:
    """Applies one fact in one transaction, with whatever must be stored alongside."""

    def __init__(
        self,
        payments: PaymentRepository,
        parked: ParkedEvents,
        consequences: Consequences,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._parked = parked
        self._consequences = consequences
        self._unit_of_work = unit_of_work
        self._clock = clock

    def record(self, payment: Payment, report: Report, alongside: Alongside = lambda _: ()) -> Recorded:
        """Apply a report to the payment, or to what it has become. Raises what the writes alongside raise, and
        `ConcurrentChange` when it loses the race `MAX_ATTEMPTS` times over.
        """
        for _ in range(MAX_ATTEMPTS):
            try:
                result, moving = self._decide(payment, report)
                recorded = (
                    Recorded(result.payment, Meaning.MOVE) if isinstance(result, Change) else Recorded(payment, result)
                )
                writes = [*alongside(recorded), *moving]
                if writes:
                    self._unit_of_work.commit(*writes)
            except PaymentChanged as moved:
                payment = moved.payment
            except TiedRecordChanged:
                continue  # what changes with it is read again
            else:
                if isinstance(result, Change) and result.unparks:
                    self._parked.wake(PaymentKey(payment.tenant, payment.id))
                return recorded
        raise ConcurrentChange(f"{payment.id} changes too fast")

    def current(self, payment: Payment) -> Payment:
        """The payment with what is known by now of whose its money is."""
        return self._consequences.current(payment) if _is_held(payment) else payment

    def _decide(self, payment: Payment, report: Report) -> tuple[Change | Meaning, Sequence[Write]]:
        """What the report makes of the payment, and all that changes with it."""
        now = self._clock.now()
        before = self.current(payment)
        result = before.apply(report, now)
        if not isinstance(result, Change):
            return result, ()
        try:
            tied = self._consequences.of(before, result.payment, now)
        except NotWanted as over:
            result = before.apply(replace(report, unwanted=over.reason), now)
            if not isinstance(result, Change):
                return result, ()
            tied = self._consequences.of(before, result.payment, now)
        return result, (*self._payments.update(result), *tied)


def _is_held(payment: Payment) -> bool:
    """Whether its money may have become the seller's without the payment's knowing."""
    return held_account(payment) is not None and bool(payment.captures)

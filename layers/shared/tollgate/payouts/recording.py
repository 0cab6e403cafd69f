"""How a payout moves on: one transaction of the payout, its event, and what that does to the books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.ledger import rules
from tollgate.ledger.accounts import seller_available
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Journal
from tollgate.payouts.errors import PayoutChanged
from tollgate.payouts.model import Payout, PayoutReport, PayoutState
from tollgate.payouts.ports import LimitedBalances, PayoutRepository

# Minor units per seller, currency and UTC day.
DAILY_LIMIT = 5_000_000
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Recorded:
    """The payout after a report, and whether that has moved it."""

    payout: Payout
    moved: bool


type Alongside = Callable[[Recorded], Sequence[Write]]


class PayoutRecorder:
    """Facts that come twice, late or swapped leave the payout where it is."""

    def __init__(
        self,
        payouts: PayoutRepository,
        journal: Journal,
        limited: LimitedBalances,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payouts = payouts
        self._journal = journal
        self._limited = limited
        self._unit_of_work = unit_of_work
        self._clock = clock

    def reservation(self, payout: Payout, trace: str | None) -> tuple[Write, ...]:
        """The writes that make a payout and take its amount from the seller; fail with `PayoutExists`, `Overdrawn` or
        `DailyLimitExceeded`.
        """
        entry = rules.payout_requested(
            payout.tenant, payout.id, payout.seller, payout.currency, payout.amount, payout.created_at
        )
        counting = self._limited.counting(payout.day, DAILY_LIMIT)
        guarded = {seller_available(payout.seller)}
        taken = book(self._journal, counting, entry, guarded) if entry else ()
        return (*self._payouts.create(payout, payout.event(trace)), *taken)

    def record(
        self,
        payout: Payout,
        report: PayoutReport,
        alongside: Alongside = lambda _: (),
        trace: str | None = None,
    ) -> Recorded:
        """Store what is told, whatever state it finds. Raises what the writes alongside raise."""
        for _ in range(_ATTEMPTS):
            after = payout.after(report, self._clock.now())
            recorded = Recorded(after or payout, moved=after is not None)
            moving = self._moving(payout, after, trace) if after else ()
            try:
                self._unit_of_work.commit(*moving, *alongside(recorded))
            except PayoutChanged as changed:
                payout = changed.payout
            else:
                return recorded
        raise ConcurrentChange(f"{payout.id} changes too fast")

    def _moving(self, before: Payout, after: Payout, trace: str | None) -> tuple[Write, ...]:
        return (*self._payouts.update(after, after.event(trace)), *self._postings(before, after))

    def _postings(self, before: Payout, after: Payout) -> tuple[Write, ...]:
        if after.state is PayoutState.PAID:
            return self._appended(_paid(after))
        if after.state is not PayoutState.FAILED:
            return ()
        unpaid = self._appended(_failed_after_paid(after)) if before.state is PayoutState.PAID else ()
        # What comes back overdraws nothing: it waits for the projector, and so does a payout that asks for it.
        return (*unpaid, *self._appended(_failed(after)), *self._restored(after))

    def _restored(self, failed: Payout) -> tuple[Write, ...]:
        """The limit of a day that is over does not matter any more."""
        if failed.updated_at.astimezone(UTC).date() != failed.day:
            return ()
        return (self._limited.restore(failed.tenant, failed.currency, failed.seller, failed.day, failed.amount),)

    def _appended(self, entry: JournalEntry | None) -> tuple[Write, ...]:
        return (self._journal.append(entry),) if entry else ()


def _paid(of: Payout) -> JournalEntry | None:
    return rules.payout_paid(of.tenant, of.id, of.provider, of.seller, of.currency, of.amount, of.fee, of.updated_at)


def _failed(of: Payout) -> JournalEntry | None:
    return rules.payout_failed(of.tenant, of.id, of.seller, of.currency, of.amount, of.updated_at)


def _failed_after_paid(of: Payout) -> JournalEntry | None:
    return rules.payout_failed_after_paid(
        of.tenant, of.id, of.provider, of.seller, of.currency, of.amount, of.fee, of.updated_at
    )

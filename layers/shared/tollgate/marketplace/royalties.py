"""What resales bring to a venue and its artists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tollgate.escrow.model import Escrow
from tollgate.escrow.model import State as EscrowState
from tollgate.escrow.ports import EscrowRepository
from tollgate.kernel.clock import to_iso
from tollgate.marketplace.ports import Royalties, RoyaltyBook, RoyaltySum

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class RoyaltyReport:
    """Minor units of one currency; the average is rounded half up."""

    currency: str
    total: int
    sales: int
    by_event: tuple[RoyaltySum, ...]

    @property
    def average(self) -> int:
        return (2 * self.total + self.sales) // (2 * self.sales) if self.sales else 0


class RoyaltyDesk:
    """Counts each sale once that is released, and reads sums: a report costs as much as it has days and events."""

    def __init__(self, book: RoyaltyBook, escrows: EscrowRepository) -> None:
        self._book = book
        self._escrows = escrows

    def count(self, tenant: str, escrow_id: str) -> str:
        """Add a released sale to its venue's sums. However often it is told, it is counted once."""
        escrow = self._escrows.get(tenant, escrow_id)
        if escrow is None:
            raise LookupError(f"{escrow_id} is gone that was released")
        if escrow.state is not EscrowState.RELEASED:
            return "not_released"
        return "counted" if self._book.count(_royalties(escrow)) else "known"

    def report(self, tenant: str, venue: str, currency: str, first: date, last: date) -> RoyaltyReport:
        """Of the days from `first` to `last` in UTC, both included."""
        sums = self._book.between(tenant, venue, currency, first.isoformat(), last.isoformat())
        ordered = tuple(sorted(sums, key=lambda each: (-each.amount, each.occasion)))
        return RoyaltyReport(currency, _total(sums), sum(each.sales for each in sums), ordered)


def _royalties(escrow: Escrow) -> Royalties:
    return Royalties(
        tenant=escrow.tenant,
        escrow=escrow.id,
        venue=escrow.rates.venue,
        occasion=escrow.occasion,
        occasion_name=escrow.occasion_name,
        currency=escrow.price.currency,
        day=to_iso(escrow.ended_at or escrow.updated_at)[:10],
        parts=escrow.rates.recipients(escrow.parts),
    )


def _total(sums: Sequence[RoyaltySum]) -> int:
    return sum(each.amount for each in sums)

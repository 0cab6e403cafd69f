"""What entries come to, per account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date

from tollgate.ledger import accounts
from tollgate.ledger.accounts import PLATFORM_FEES
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.rules import PAYMENT_CONFIRMED
from tollgate.ledger.rules_of_deposits import GROUP_COMPLETED

_SALES = frozenset({PAYMENT_CONFIRMED, GROUP_COMPLETED})


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """One balance: an account of a tenant in a currency."""

    tenant: str
    currency: str
    account: str


@dataclass(frozen=True, slots=True)
class Change:
    """What some entries add to one balance: minor units, how many postings that were, and the seller's sales by month.
    `since` is the day of the first of them, where it is known.
    """

    amount: int
    postings: int
    since: date | None
    sales: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Change) -> Change:
        months = {**self.sales, **other.sales}
        return Change(
            self.amount + other.amount,
            self.postings + other.postings,
            min((day for day in (self.since, other.since) if day is not None), default=None),
            {month: self.sales.get(month, 0) + other.sales.get(month, 0) for month in months},
        )


def changes(entries: Iterable[JournalEntry]) -> dict[AccountKey, Change]:
    """All of them together, account by account. Sums have no order: neither do the entries."""
    total: dict[AccountKey, Change] = {}
    for each in entries:
        for key, change in changes_of(each).items():
            total[key] = total[key] + change if key in total else change
    return total


def changes_of(entry: JournalEntry) -> dict[AccountKey, Change]:
    """What one entry does."""
    day = entry.occurred_at.astimezone(UTC).date()
    found = {
        AccountKey(entry.tenant, entry.currency, posting.account): Change(posting.amount, 1, day)
        for posting in entry.postings
    }
    if entry.kind in _SALES and entry.seller is not None:
        pending = AccountKey(entry.tenant, entry.currency, accounts.seller_pending(entry.seller))
        # A fee as high as the price leaves nothing pending, and is a sale all the same.
        share = found.get(pending, Change(0, 0, day))
        found[pending] = Change(share.amount, share.postings, day, {f"{day:%Y_%m}": _price(entry)})
    return found


def _price(sale: JournalEntry) -> int:
    """What the buyer paid: the seller's share and our fee."""
    ours = (PLATFORM_FEES, accounts.seller_pending(sale.seller or ""))
    return sum(posting.amount for posting in sale.postings if posting.account in ours)

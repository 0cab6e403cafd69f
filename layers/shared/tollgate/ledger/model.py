"""Journal entries. Credit is positive: liabilities and income grow positive, while expenses and what a provider holds
for us are negative. The postings of an entry sum to zero, so that everything always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.ids import derived
from tollgate.kernel.money import UnknownCurrency
from tollgate.ledger import accounts

# An entry and all that it moves fit into one transaction, with room for what a room writes beside it.
MAX_POSTINGS = 40


class Unbalanced(TollgateError):
    """What claims to be an entry and is none: a bug of whoever made it, never a matter of the caller's input."""

    code = "LEDGER_UNBALANCED"


@dataclass(frozen=True, slots=True)
class Posting:
    """What one entry does to one account, in minor units; credit is positive."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One fact about money, never changed; a mistake is put right by a reversal. `seller` is the one whose accounts it
    moves, `reverses` the entry that it undoes. The subject is what happened to whom: `("payment", "pay_…")`.

    Raises `Unbalanced` for postings that do not sum to zero, fewer than two, more than `MAX_POSTINGS`, an account
    twice, a posting of nothing, or another seller's account.
    """

    id: str
    tenant: str
    kind: str
    currency: str
    postings: tuple[Posting, ...]
    subject_type: str
    subject_id: str
    occurred_at: datetime
    seller: str | None = None
    reverses: str | None = None

    def __post_init__(self) -> None:
        if complaint := self._complaint():
            raise Unbalanced(f"{self.kind} of {self.subject_type} {self.subject_id}: {complaint}")
        if self.currency not in MINOR_DIGITS:
            raise UnknownCurrency(self.currency)

    def _complaint(self) -> str:
        names = [posting.account for posting in self.postings]
        if not 2 <= len(names) <= MAX_POSTINGS:
            return f"{len(names)} postings, 2 to {MAX_POSTINGS} make an entry"
        if len(set(names)) != len(names):
            return "an account comes twice"
        if any(type(posting.amount) is not int or not posting.amount for posting in self.postings):
            return "a posting is a whole number of minor units, and not zero"
        if off := sum(posting.amount for posting in self.postings):
            return f"the postings are off by {off} {self.currency}"
        if strangers := {accounts.seller_of(name) for name in names} - {None, self.seller}:
            return f"it moves accounts of {', '.join(map(str, strangers))} and is listed under {self.seller}"
        return ""


def entry(
    kind: str,
    tenant: str,
    currency: str,
    subject: tuple[str, str],
    occurred_at: datetime,
    movements: Mapping[str, int],
    *,
    occasion: str,
    seller: str | None = None,
) -> JournalEntry | None:
    """The entry of a fact, the same however often the fact is told: `occasion` tells facts of one kind about one
    subject apart. None where nothing moves. Raises `InvalidAccount`, `Unbalanced`.
    """
    postings = tuple(Posting(accounts.known(name), amount) for name, amount in movements.items() if amount)
    if not postings:
        return None
    if seller is not None:
        accounts.seller_pending(seller)  # refuses what cannot name a seller
    subject_type, subject_id = subject
    id_ = derived("jrn", tenant, kind, subject_type, subject_id, occasion)
    return JournalEntry(id_, tenant, kind, currency, postings, subject_type, subject_id, occurred_at, seller)


def reversal(entry: JournalEntry, occurred_at: datetime, occasion: str) -> JournalEntry:
    """The entry that undoes another. `occasion` names the fact that made it necessary: the same fact, told again, is
    the same reversal.
    """
    return JournalEntry(
        id=derived("jrn", entry.tenant, "reversal", entry.id, occasion),
        tenant=entry.tenant,
        kind=f"{entry.kind}_reversed",
        currency=entry.currency,
        postings=tuple(Posting(posting.account, -posting.amount) for posting in entry.postings),
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        occurred_at=occurred_at,
        seller=entry.seller,
        reverses=entry.id,
    )

"""What a buyer pays with beside the provider: gift cards, and platform credit. An amount of each is held when the
checkout is made, taken when the provider's part is, and let go once the payment has ended unpaid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tollgate.ledger import accounts


class TenderKind(StrEnum):
    """Where the value lies."""

    GIFT_CARD = "gift_card"
    CREDIT = "credit"


class TenderState(StrEnum):
    """How far it is. Nothing follows on captured and voided: each tender resolves once."""

    HELD = "held"
    CAPTURED = "captured"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Tender:
    """Minor units of the payment's currency. `id` is the hold's, on the gift card too; `account` the card's id or the
    customer's.
    """

    id: str
    kind: TenderKind
    account: str
    amount: int
    state: TenderState = TenderState.HELD

    @property
    def ledger_account(self) -> str:
        """Who is owed it until it is spent."""
        if self.kind is TenderKind.GIFT_CARD:
            return accounts.GIFT_CARD_LIABILITY
        return accounts.customer_credit(self.account)

    def summary(self) -> dict[str, Any]:
        """What events say of it. How far it is, the payment's status says."""
        whose = {"gift_card_id": self.account} if self.kind is TenderKind.GIFT_CARD else {}
        return {"type": self.kind.value, "amount": self.amount, **whose}


@dataclass(frozen=True, slots=True)
class TenderRefund:
    """What goes back onto one tender, named by its id."""

    tender: str
    amount: int


def total_of(tenders: Sequence[Tender]) -> int:
    """All of them together."""
    return sum(each.amount for each in tenders)


def resolved(tenders: Sequence[Tender], to: TenderState) -> tuple[Tender, ...]:
    """Those that are held, captured or voided."""
    return tuple(replace(each, state=to) if each.state is TenderState.HELD else each for each in tenders)


def by_account(tenders: Sequence[Tender], amounts: Mapping[str, int]) -> dict[str, int]:
    """Amounts by the id of a tender, as sums by ledger account: several gift cards are one account."""
    found: dict[str, int] = {}
    for each in tenders:
        if amount := amounts.get(each.id, 0):
            found[each.ledger_account] = found.get(each.ledger_account, 0) + amount
    return found

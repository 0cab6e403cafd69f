"""Money that is nobody's sale yet: paid for something that may not come about, it lies in an account of its own until
whoever holds it says whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tollgate.kernel.errors import TollgateError
from tollgate.ledger import accounts

if TYPE_CHECKING:
    from tollgate.payments.model import Payment

# The review of money that came for what was over by then. It goes back by itself.
UNWANTED = "unwanted"


class DepositKind(StrEnum):
    """Who holds it."""

    GROUP = "group"
    ESCROW = "escrow"


@dataclass(frozen=True, slots=True)
class Deposit:
    """`id` is the holder's, and names the account. `shares` are those of a group that are paid with it. Once it is
    `released` it is the seller's, but for the platform's fee and for `royalties`, minor units that are others'.
    """

    kind: DepositKind
    id: str
    shares: tuple[str, ...] = ()
    released: bool = False
    royalties: int = 0

    @property
    def account(self) -> str:
        return accounts.escrow(self.id)


class NotWanted(TollgateError):
    """Money came for something that is over. A fact all the same: it is held, and goes back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def held_account(payment: Payment) -> str | None:
    """Where the payment's money lies while it is nobody's; None where it is a sale's."""
    return payment.deposit.account if payment.deposit and not payment.deposit.released else None

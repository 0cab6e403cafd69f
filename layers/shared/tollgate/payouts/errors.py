"""What can go wrong with a payout on our side."""

from __future__ import annotations

from tollgate.kernel.errors import ConcurrentChange, TollgateError
from tollgate.payouts.model import Payout


class PayoutAccountMissing(TollgateError):
    """Nobody has said where this seller's money goes."""

    code = "PAYOUT_ACCOUNT_MISSING"

    def __init__(self) -> None:
        super().__init__("this venue has no account to pay out to; an admin connects one first")


class InsufficientFunds(TollgateError):
    """More than is payable now."""

    code = "INSUFFICIENT_FUNDS"

    def __init__(self, amount: int, payable: int) -> None:
        super().__init__(f"{payable} is payable now, {amount} is asked for")


class DailyLimitExceeded(TollgateError):
    """More than a seller may be paid in one day (UTC), together with what was paid out before."""

    code = "PAYOUT_LIMIT_EXCEEDED"

    def __init__(self, limit: int, spent: int) -> None:
        super().__init__(f"{limit} may be paid out in a day, {spent} was paid out already today")


class PayoutExists(TollgateError):
    """The derived id is taken: this payout was asked for before."""

    code = "PAYOUT_EXISTS"

    def __init__(self, payout: Payout) -> None:
        super().__init__(f"{payout.id} exists already")
        self.payout = payout


class PayoutChanged(ConcurrentChange):
    """The payout moved on since it was read; carries it as it stands."""

    def __init__(self, payout: Payout) -> None:
        super().__init__(f"{payout.id} is at version {payout.version} now")
        self.payout = payout

"""Events of payouts."""

from __future__ import annotations

from typing import Literal

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Shape
from tollgate.payouts.model import AGGREGATE, PayoutState


class PayoutMoved(Shape):
    """`amount` leaves the venue's balance, `net` comes to the bank. `reason` is a code."""

    payout_id: str
    venue_id: str
    amount: Amount
    fee: Amount
    net: Amount
    currency: Currency
    type: Literal["instant", "standard"]
    status: PayoutState
    reason: str | None


_MEANS = {
    PayoutState.REQUESTED: "A payout is reserved, and the provider is asked.",
    PayoutState.UNKNOWN: "The provider was asked for a payout, and its answer was lost.",
    PayoutState.SENT: "The provider has the payout.",
    PayoutState.PAID: "The bank has the payout.",
    PayoutState.FAILED: "The payout failed, and its money is the venue's again.",
}

EVENTS = tuple(
    EventType(f"payments.payout.{state.value}", AGGREGATE, means, PayoutMoved) for state, means in _MEANS.items()
)

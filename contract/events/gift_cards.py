"""Events of gift cards. None tells the code, nor for whom the card is. What is absent has nothing to tell."""

from __future__ import annotations

from typing import Literal

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, Shape, may_be_absent
from tollgate.gift_cards import events
from tollgate.gift_cards.model import AGGREGATE

GiftCardStatus = Literal["pending", "active", "frozen", "redeemed", "spent", "refunding", "cancelled", "expired"]


class GiftCard(Shape):
    """What every event of a card says: how it stands after the fact. `amount` is what it was sold for, `available` what
    can be spent now, `held` what open payments have set aside.
    """

    gift_card_id: str
    status: GiftCardStatus
    amount: Amount
    available: Amount
    held: Amount
    currency: Currency


class GiftCardOrdered(GiftCard):
    """`payment_id` is the payment that buys it."""

    payment_id: str


class GiftCardActivated(GiftCardOrdered):
    """It can be spent until `expires_at`."""

    expires_at: Instant


class GiftCardCancelled(GiftCard):
    """`reason` is a code, where it was never paid; `reversed` is what more of its price went back, where it was."""

    reason: str = may_be_absent()
    reversed: Amount = may_be_absent()
    breakage_reversed: Amount = may_be_absent()


class GiftCardUsed(GiftCard):
    """`reference` is the caller's word for what was bought; `user_id` who spent it, where that is known."""

    used: Amount
    reference: str = may_be_absent()
    user_id: str = may_be_absent()


class GiftCardRedeemed(GiftCard):
    """`redeemed` is the user's credit now. `votes` come with it."""

    user_id: str
    redeemed: Amount
    votes: int


class GiftCardHeld(GiftCard):
    """`payment_id` is the payment for which `hold` is set aside."""

    payment_id: str
    hold_id: str
    hold: Amount


class GiftCardCaptured(GiftCard):
    """The payment was made: what it held is spent."""

    hold_id: str
    captured: Amount


class GiftCardReleased(GiftCard):
    """The payment came to nothing: what it held can be spent again."""

    hold_id: str
    released: Amount


class GiftCardRestored(GiftCard):
    """`restored` was paid with it and came back by a refund."""

    refund_id: str
    restored: Amount


class GiftCardStopped(GiftCard):
    """`by` is the admin, `reason` their words."""

    by: str
    reason: str


class GiftCardEnded(GiftCard):
    """`expired_amount` was left."""

    expired_amount: Amount


class GiftCardReversed(GiftCard):
    """`reversed` is what more of its price went back to the buyer or their bank; below zero, what came again.
    `breakage_reversed` is how much of it had expired before.
    """

    reversed: Amount
    breakage_reversed: Amount = may_be_absent()


def _of(name: str, means: str, data: type[GiftCard]) -> EventType:
    return EventType(name, AGGREGATE, means, data)


EVENTS = (
    _of(events.ORDERED, "A gift card waits to be paid.", GiftCardOrdered),
    _of(events.ACTIVATED, "A gift card is paid for, and can be spent.", GiftCardActivated),
    _of(events.CANCELLED, "A gift card was never paid, or its price went back.", GiftCardCancelled),
    _of(events.USED, "Some of a gift card was spent.", GiftCardUsed),
    _of(events.REDEEMED, "What a gift card had left is a user's credit.", GiftCardRedeemed),
    _of(events.HELD, "An open payment has set some of a gift card aside.", GiftCardHeld),
    _of(events.CAPTURED, "What a payment had set aside of a gift card is spent.", GiftCardCaptured),
    _of(events.RELEASED, "What a payment had set aside of a gift card is free again.", GiftCardReleased),
    _of(events.RESTORED, "A refund went back to the gift card that had paid.", GiftCardRestored),
    _of(events.FROZEN, "An admin has stopped a gift card.", GiftCardStopped),
    _of(events.UNFROZEN, "An admin has freed a gift card.", GiftCardStopped),
    _of(events.EXPIRED, "A gift card has expired with something left.", GiftCardEnded),
    _of(events.REFUNDING, "The price of a gift card is on its way back, or disputed.", GiftCardReversed),
    _of(events.REINSTATED, "A gift card can be spent again: no more of its price goes back.", GiftCardReversed),
    _of(events.ADJUSTED, "Some of the price of a gift card went back, or came again.", GiftCardReversed),
)

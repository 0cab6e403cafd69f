"""What is written to whom, and of which event."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.kernel.money import Money

# How long it is remembered that a mail went out. An event that is older is told to nobody any more: whoever publishes
# the events of last year again must not write to last year's buyers.
REMEMBER = timedelta(days=90)


class Letter(StrEnum):
    """What a mail is about."""

    GIFT_CARD = "gift_card"
    RECEIPT = "receipt"
    FAILURE = "failure"
    TRIAL = "subscription_trial"
    GRACE = "subscription_grace"
    RETRY = "subscription_retry"
    REMINDER = "subscription_reminder"
    RECOVERY = "subscription_recovery"
    GIVEN_UP = "subscription_given_up"
    CANCELLATION = "subscription_cancellation"
    SHARE_REQUEST = "share_request"
    SHARE_REMINDER = "share_reminder"
    SHARE_HELD = "share_held"
    SHARE_RELEASED = "share_released"
    SHARE_PAID = "share_paid"
    SHARE_REFUNDED = "share_refunded"


# By the types under which the events are stored: their aliases tell of the same fact, and would tell it twice.
LETTER_OF: dict[str, Letter] = {
    "payments.gift_card.activated": Letter.GIFT_CARD,
    # Its purchase was about to go back, or had, and came here again: perhaps nobody was told of it yet.
    "payments.gift_card.reinstated": Letter.GIFT_CARD,
    "payments.purchase.confirmed": Letter.RECEIPT,
    "payments.transaction.failed": Letter.FAILURE,
    "payments.subscription.activated": Letter.TRIAL,
    "payments.subscription.grace_started": Letter.GRACE,
    "payments.subscription.payment_failed": Letter.RETRY,
    "payments.subscription.reminded": Letter.REMINDER,
    "payments.subscription.renewed": Letter.RECOVERY,
    "payments.subscription.failed": Letter.GIVEN_UP,
    "payments.subscription.cancelled": Letter.CANCELLATION,
    "payments.group_share.requested": Letter.SHARE_REQUEST,
    "payments.group_share.reminded": Letter.SHARE_REMINDER,
    "payments.group_share.held": Letter.SHARE_HELD,
    "payments.group_share.released": Letter.SHARE_RELEASED,
    "payments.group_share.paid": Letter.SHARE_PAID,
    "payments.group_share.refunded": Letter.SHARE_REFUNDED,
}
# These are for what an event says of itself. Of all other periods that are paid the receipts tell.
ONLY_WHERE: dict[Letter, str] = {Letter.TRIAL: "trial", Letter.RECOVERY: "recovered"}
# What each letter is about: the type of the event's aggregate.
SUBJECT_OF: dict[Letter, str] = {
    Letter.GIFT_CARD: "gift_card",
    Letter.RECEIPT: "payment",
    Letter.FAILURE: "payment",
    Letter.TRIAL: "subscription",
    Letter.GRACE: "subscription",
    Letter.RETRY: "subscription",
    Letter.REMINDER: "subscription",
    Letter.RECOVERY: "subscription",
    Letter.GIVEN_UP: "subscription",
    Letter.CANCELLATION: "subscription",
    Letter.SHARE_REQUEST: "group_share",
    Letter.SHARE_REMINDER: "group_share",
    Letter.SHARE_HELD: "group_share",
    Letter.SHARE_RELEASED: "group_share",
    Letter.SHARE_PAID: "group_share",
    Letter.SHARE_REFUNDED: "group_share",
}


class Tender(StrEnum):
    """What a buyer paid with, besides what the provider took."""

    GIFT_CARD = "gift_card"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class News:
    """One event that may be worth a letter. `subject_id` is the payment, the gift card, the subscription or the share;
    `tendered` is how much of a purchase was paid by gift card and credit; `invoice` is the one that an event of a
    subscription is about, `group` that of a share. `has_letter` is False where others of its type are told of, and this
    one is not.
    """

    tenant: str
    event_id: str
    letter: Letter
    subject_id: str
    occurred_at: datetime
    tendered: tuple[tuple[Tender, Money], ...] = ()
    invoice: str | None = None
    group: str | None = None
    has_letter: bool = True


@dataclass(frozen=True, slots=True)
class Mail:
    """Ready to be sent. All of it is personal, and may hold the code of a gift card: it has no text that a log could
    show.
    """

    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GiftCardLetter:
    """A gift card for whom it was bought. `code` is the whole code; `amount` its face value; `expires_at` None where it
    never does.
    """

    recipient: str = field(repr=False)
    code: str = field(repr=False)
    amount: Money
    expires_at: datetime | None
    sender_name: str | None = field(default=None, repr=False)
    message: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of a receipt; `total` for all of its quantity."""

    name: str
    quantity: int
    total: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment as its buyer is told of it. `paid` once it was taken in full, `unpaid` once it has failed and no money
    came for it; a payment under review is neither.
    """

    email: str = field(repr=False)
    payment_id: str
    amount: Money
    lines: tuple[ReceiptLine, ...]
    paid: bool
    unpaid: bool
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """That a mail of an event went out, or why it never will. `message_id` is the mail service's own; no address."""

    tenant: str
    event_id: str
    letter: Letter
    at: datetime
    message_id: str | None = None
    refused: str | None = None

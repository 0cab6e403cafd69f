"""Events of payments, with their refunds and disputes. What is absent has nothing to tell."""

from __future__ import annotations

from typing import Literal

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, PaymentStatus, Shape, may_be_absent
from tollgate.payments import events
from tollgate.payments.declines import DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import AGGREGATE
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import TenderKind


class Bought(Shape):
    """A line of the basket."""

    code: str
    quantity: int


class Tendered(Shape):
    """What is paid beside the provider, out of `amount`: held while the payment is open, taken when it is confirmed,
    let go when it has ended unpaid.
    """

    type: TenderKind
    amount: Amount
    gift_card_id: str = may_be_absent()


class Payment(Shape):
    """What every event of a payment says: how it stands after the fact."""

    payment_id: str
    status: PaymentStatus
    amount: Amount
    currency: Currency
    provider: str
    method: str
    user_id: str
    created_at: Instant
    items: list[Bought]
    consumer: str = may_be_absent()
    reference: str = may_be_absent()
    seller_id: str = may_be_absent()
    gift_card_id: str = may_be_absent()
    subscription_id: str = may_be_absent()
    group_id: str = may_be_absent()
    escrow_id: str = may_be_absent()
    tenders: list[Tendered] = may_be_absent()


class PaymentMade(Payment):
    """`retry_of` is the ended payment in whose place this one was made."""

    retry_of: str = may_be_absent()


class CheckoutOpened(Payment):
    """`session` is the provider's id of its page."""

    session: str


class PaymentRerouted(Payment):
    """`provider` is asked from now on, since `left` did not answer. `reason` tells how surely it did nothing."""

    left: str
    reason: Literal["unreachable", "unknown"]


class PaymentMoved(Payment):
    """`reason` is a code, the provider's or ours; `decline` says what may be done where a try was declined."""

    reason: str = may_be_absent()
    decline: DeclineClass = may_be_absent()


class PaymentApproved(Payment):
    """`held_until` says that the money is set aside, and until when, if nobody takes it or lets it go."""

    held_until: Instant = may_be_absent()


class MoneyTaken(Payment):
    """`capture` is the provider's id of it."""

    capture: str
    captured: Amount
    captured_currency: Currency


class PurchaseImported(MoneyTaken):
    """`legacy_id` is what the system in which it was paid calls it; `refunded` is what went back there."""

    legacy_id: str
    refunded: Amount = may_be_absent()


class MoneyHeld(MoneyTaken):
    """`review` says why somebody must decide."""

    review: str


class RefundMoved(Payment):
    """`refunded` is what this refund gives back, `onto_tenders` how much of that to gift cards and credit, `refundable`
    what may still go back after it.
    """

    refund: str
    refund_status: RefundState
    refunded: Amount
    onto_tenders: Amount = may_be_absent()
    refundable: Amount
    reason: str = may_be_absent()


class DisputeMoved(Payment):
    """`dispute` is the provider's id of it, `disputed` what the buyer's bank took back, and once it is lost, what it
    keeps of that.
    """

    dispute: str
    disputed: Amount
    refundable: Amount


class ReserveReleased(Payment):
    """`released` is the seller's from now on."""

    released: Amount


def _of(name: str, means: str, data: type[Payment]) -> EventType:
    return EventType(name, AGGREGATE, means, data)


EVENTS = (
    _of(events.PAYMENT_CREATED, "A payment was asked for.", PaymentMade),
    _of(events.CHECKOUT_OPENED, "The provider has a page for the buyer.", CheckoutOpened),
    _of(events.TYPE_OF[Fact.REROUTED], "Another provider is asked for the page.", PaymentRerouted),
    _of(events.PAYMENT_APPROVED, "The buyer has agreed. It is about to be taken, or is set aside.", PaymentApproved),
    _of(events.TYPE_OF[Fact.PROCESSING], "The buyer has paid, and the money is on its way.", PaymentMoved),
    _of(events.TYPE_OF[Fact.DECLINED], "A try was declined; the page is still open.", PaymentMoved),
    _of(events.PURCHASE_CONFIRMED, "The money was taken.", MoneyTaken),
    _of(
        events.DEPOSIT_RECEIVED,
        "The money was taken, and is held for what may not come about: nothing is bought yet.",
        MoneyTaken,
    ),
    _of(events.DEPOSIT_RECEIVED, "The money was taken for what may not come about: nothing is bought yet.", MoneyTaken),
    _of(events.PURCHASE_IMPORTED, "A payment of another system is known here. No money moves.", PurchaseImported),
    _of(events.TYPE_OF[Fact.SETTLED], "The provider has paid out what it took.", PaymentMoved),
    _of(events.TYPE_OF[Fact.FAILED], "The payment failed for good.", PaymentMoved),
    _of(events.TYPE_OF[Fact.CANCELLED], "The payment was cancelled, or its page expired.", PaymentMoved),
    _of(events.REVIEW_REQUIRED, "Money came late, twice, or in a wrong amount, and is held.", MoneyHeld),
    _of("payments.refund.requested", "A refund is reserved, and the provider is asked.", RefundMoved),
    _of("payments.refund.unknown", "The provider was asked for a refund, and its answer was lost.", RefundMoved),
    _of("payments.refund.pending", "The provider is at a refund.", RefundMoved),
    _of("payments.purchase.refunded", "Money went back to the buyer.", RefundMoved),
    _of("payments.refund.failed", "A refund failed, or came back from the buyer's bank.", RefundMoved),
    _of("payments.dispute.opened", "The buyer's bank took the money back.", DisputeMoved),
    _of("payments.dispute.won", "The buyer's bank gave the money up.", DisputeMoved),
    _of("payments.dispute.lost", "The buyer's bank keeps the money.", DisputeMoved),
    _of("payments.reserve.released", "What was held back of a sale is the seller's.", ReserveReleased),
)

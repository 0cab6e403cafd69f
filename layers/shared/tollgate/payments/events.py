"""Detail types of payment events, and the fixed aliases under which the same fact is also published."""

from __future__ import annotations

from tollgate.payments.lifecycle import Fact

PAYMENT_CREATED = "payments.payment.created"
CHECKOUT_OPENED = "payments.checkout.opened"
PAYMENT_APPROVED = "payments.payment.approved"
PURCHASE_CONFIRMED = "payments.purchase.confirmed"
# The money was taken for something that may not come about: nothing is bought yet.
DEPOSIT_RECEIVED = "payments.deposit.received"
# It was paid in another system: nobody has bought anything now, and no book of ours has the money.
PURCHASE_IMPORTED = "payments.purchase.imported"
REVIEW_REQUIRED = "payments.payment.review_required"
PURCHASE_REFUNDED = "payments.purchase.refunded"
DISPUTE_OPENED, DISPUTE_WON, DISPUTE_LOST = (f"payments.dispute.{how}" for how in ("opened", "won", "lost"))

TYPE_OF: dict[Fact, str] = {
    Fact.CHECKOUT_OPENED: CHECKOUT_OPENED,
    Fact.REROUTED: "payments.payment.rerouted",
    Fact.APPROVED: PAYMENT_APPROVED,
    Fact.PROCESSING: "payments.payment.processing",
    Fact.DECLINED: "payments.payment.declined",
    Fact.CAPTURED: PURCHASE_CONFIRMED,
    Fact.SETTLED: "payments.payment.settled",
    Fact.FAILED: "payments.transaction.failed",
    Fact.EXPIRED: "payments.payment.cancelled",
    Fact.CANCELLED: "payments.payment.cancelled",
}

# One fact is one stored event. Consumers that know it by another name get that name, with the same id and sequence.
ALIASES: dict[str, tuple[str, ...]] = {
    PURCHASE_CONFIRMED: ("payments.transaction.confirmed", "payment.completed"),
    "payments.transaction.failed": ("payment.failed",),
    "payments.payment.cancelled": ("payment.canceled",),
}


def published_as(type_: str) -> tuple[str, ...]:
    """Every detail type under which an event of this type is published, its own first."""
    return (type_, *ALIASES.get(type_, ()))

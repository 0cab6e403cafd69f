"""Events of subscriptions. What is absent has nothing to tell."""

from __future__ import annotations

from typing import Literal

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, Shape, may_be_absent
from tollgate.payments.declines import DeclineClass
from tollgate.subscriptions import events
from tollgate.subscriptions.model import AGGREGATE, Renewer

SubscriptionStatus = Literal["pending", "trialing", "active", "past_due", "paused", "cancelled", "unpaid", "expired"]
Interval = Literal["month", "year"]


class Subscription(Shape):
    """What every event of a subscription says: how it stands after the fact. `access_until` is until when its user has
    what `product` is, as far as that is known; `ends_at` when it ends, where that is.
    """

    subscription_id: str
    status: SubscriptionStatus
    product: str
    plan: str
    amount: Amount
    currency: Currency
    interval: Interval
    user_id: str
    provider: str = may_be_absent()
    consumer: str = may_be_absent()
    reference: str = may_be_absent()
    period_start: Instant = may_be_absent()
    period_end: Instant = may_be_absent()
    trial_end: Instant = may_be_absent()
    ends_at: Instant = may_be_absent()
    access_until: Instant = may_be_absent()


class SubscriptionOrdered(Subscription):
    """`payment_id` is the payment of the first period."""

    payment_id: str


class SubscriptionActivated(SubscriptionOrdered):
    """With a `trial`, nothing was taken yet. `renewed_by` says who charges the periods."""

    trial: bool
    renewed_by: Renewer


class SubscriptionImported(Subscription):
    """`legacy_id` is what the system in which it began calls it. `renewed_by` says who charges the periods."""

    legacy_id: str
    renewed_by: Renewer


class SubscriptionExpired(Subscription):
    """`reason` is a code."""

    reason: str


class SubscriptionPaid(Subscription):
    """`paid` was taken for `invoice`, as the provider calls it; `payment_id` is the payment that it became."""

    invoice: str
    paid: Amount
    payment_id: str = may_be_absent()


class SubscriptionRenewed(SubscriptionPaid):
    """`recovered` where it could not be charged at first."""

    recovered: bool


class SubscriptionUnpaid(Subscription):
    """`due` could not be charged, for the `attempt`-th time. `decline` says what may be done, `reason` is a code."""

    invoice: str
    due: Amount
    attempt: int
    decline: DeclineClass
    reason: str
    payment_id: str


class GraceStarted(SubscriptionUnpaid):
    """Access stays until `grace_until`."""

    grace_until: Instant


class SubscriptionReminded(Subscription):
    """Its user is to be told of what is `due`; it is tried again at `next_try_at`, or needs another card."""

    invoice: str
    due: Amount
    payment_id: str
    decline: DeclineClass
    grace_until: Instant
    next_try_at: Instant = may_be_absent()


class CardGiven(Subscription):
    """`setup` is what its provider calls it."""

    setup: str


class GraceEnded(Subscription):
    """How: paid after all, not paid, cancelled meanwhile, or nobody asks for it any more, and its period is given;
    `overtaken` where a later period was paid, as with a change of plan.
    """

    outcome: Literal["recovered", "unpaid", "cancelled", "forgiven", "overtaken"]
    invoice: str = may_be_absent()
    payment_id: str = may_be_absent()


class SubscriptionFailed(Subscription):
    """So often it was tried. Access is over, down to what is free."""

    invoice: str
    attempts: int
    payment_id: str


class SubscriptionCancelled(Subscription):
    """At once, or when the period is over that is paid."""

    at_period_end: bool


class SubscriptionChanged(Subscription):
    """The plan and the price that it had."""

    plan_before: str
    amount_before: Amount


_PAID = "Money came for a subscription that has ended; it is held, and goes back or is decided about."

EVENTS = (
    EventType(events.CREATED, AGGREGATE, "A subscription is ordered, and not paid.", SubscriptionOrdered),
    EventType(
        events.IMPORTED,
        AGGREGATE,
        "A subscription of another system goes on here. Nobody has bought anything.",
        SubscriptionImported,
    ),
    EventType(events.ACTIVATED, AGGREGATE, "The first period is paid, or a trial has begun.", SubscriptionActivated),
    EventType(events.EXPIRED, AGGREGATE, "A subscription was never paid.", SubscriptionExpired),
    EventType(events.RENEWED, AGGREGATE, "Another period is paid.", SubscriptionRenewed),
    EventType(events.CHARGED, AGGREGATE, "Something beside a period is paid.", SubscriptionPaid),
    EventType(
        events.GRACE_STARTED, AGGREGATE, "A period could not be charged. Access stays for a while.", GraceStarted
    ),
    EventType(events.PAYMENT_FAILED, AGGREGATE, "Another try failed, too.", SubscriptionUnpaid),
    EventType(events.REMINDED, AGGREGATE, "What is owed is tried again soon, or needs a card.", SubscriptionReminded),
    EventType(events.CARD_GIVEN, AGGREGATE, "Its user has given another card.", CardGiven),
    EventType(events.GRACE_ENDED, AGGREGATE, "What was owed is paid, or is not owed any more.", GraceEnded),
    EventType(events.FAILED, AGGREGATE, "It was given up: the last try failed.", SubscriptionFailed),
    EventType(events.CANCELLED, AGGREGATE, "A subscription will end, or ends now.", SubscriptionCancelled),
    EventType(events.REINSTATED, AGGREGATE, "A subscription that was to end goes on.", Subscription),
    EventType(events.ENDED, AGGREGATE, "A cancelled subscription is over, and access with it.", Subscription),
    EventType(events.CHANGED, AGGREGATE, "A subscription has another plan or price.", SubscriptionChanged),
    EventType(events.PAUSED, AGGREGATE, "Nothing is charged until further notice.", Subscription),
    EventType(events.RESUMED, AGGREGATE, "A paused subscription is charged again.", Subscription),
    EventType(events.LATE_PAYMENT, AGGREGATE, _PAID, SubscriptionPaid),
)

"""Subscriptions, for the people who have them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from contract.events.subscriptions import Interval, SubscriptionStatus
from contract.operations import LISTED, PAGE, Key, Operation, id_of
from contract.shapes import Amount, Answer, Currency, Instant, PaymentStatus
from tollgate.payments.declines import DeclineClass
from tollgate.runtime.http.principal import SavedMethodForbidden
from tollgate.runtime.http.subscriptions import CancelBody, CardBody, ChangeBody, OrderBody
from tollgate.subscriptions.errors import AlreadySubscribed, CardDeclined, NotPossible, ProviderRefused

_ID = id_of("subscription")


class SubscriptionOrder(Answer):
    """A subscription that waits for the payment of its first period. `amount` is what is taken now: nothing for a
    trial.
    """

    id: str
    status: PaymentStatus
    payment_id: str
    pricing_item_code: str
    amount: Amount
    currency: Currency
    provider: str
    checkout_url: str | None
    provider_checkout_session_id: str | None
    expires_at: Instant | None
    created_at: Instant


class Decline(Answer):
    """What may be done about it; `reason` is a code."""

    class_: DeclineClass = Field(alias="class")
    reason: str


class PastDue(Answer):
    """What could not be charged. Access stays until `graceUntil`."""

    payment_id: str
    due: Amount
    currency: Currency
    since: Instant
    grace_until: Instant
    attempts: int
    decline: Decline


class Subscription(Answer):
    """`accessUntil` is until when its user has what `product` is, as far as that is known."""

    id: str
    user_id: str
    status: SubscriptionStatus
    product: str
    pricing_item_code: str
    amount: Amount
    currency: Currency
    interval: Interval
    provider: str | None
    current_period_start: Instant | None
    current_period_end: Instant | None
    trial_end: Instant | None
    cancel_at_period_end: bool
    ends_at: Instant | None
    ended_at: Instant | None
    paused_at: Instant | None
    access_until: Instant | None
    past_due: PastDue | None
    reference: str | None
    consumer: str | None
    created_at: Instant
    updated_at: Instant


class SubscriptionStep(Answer):
    """Something that has happened to it; `data` as the event of that type has it."""

    type: str
    sequence: int
    occurred_at: Instant
    data: dict[str, Any]


class SubscriptionWithHistory(Subscription):
    """The last fifty events, newest first."""

    history: list[SubscriptionStep]


class SubscriptionsPage(Answer):
    """Newest first."""

    subscriptions: list[Subscription]
    next_cursor: str | None


class ProrationLine(Answer):
    """A part of it; below zero for what is given back."""

    text: str
    amount: Amount


class Proration(Answer):
    """What a change costs if it is made with this `at`: `due` is charged then. Where `total` is below zero, it pays for
    later periods.
    """

    subscription_id: str
    pricing_item_code: str
    at: Instant
    due: Amount
    total: Amount
    currency: Currency
    lines: list[ProrationLine]


class CardPage(Answer):
    """Where the user gives another card."""

    url: str
    provider_session_id: str
    expires_at: Instant


def _of_one(route: str, name: str, summary: str, answers: dict[int, Any], **more: Any) -> Operation:
    fields: dict[str, Any] = {"path": (_ID,), "raises": (NotPossible, ProviderRefused), "calls_provider": True, **more}
    return Operation(route, name, "Subscriptions", summary, answers, **fields)


OPERATIONS = (
    Operation(
        "POST /subscriptions",
        "orderSubscription",
        "Subscriptions",
        "Subscribe to a plan",
        {201: SubscriptionOrder, 202: SubscriptionOrder},
        "Opens a checkout for the first period, or a trial. A user has one open subscription of a product; an order "
        "that nobody has paid gives way to the next. Without a key one is made, and returned. With `sources`, one "
        "method that is saved at a provider, there is no page: it is charged at once and for each period, and 202 and "
        "402 are as for a charge. A customer's saved method is for services (403 `SAVED_METHOD_FORBIDDEN`).",
        raises=(AlreadySubscribed, SavedMethodForbidden),
        refusals={402: ("PAYMENT_DECLINED",), 409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        needs={"anyOf": [{"required": ["successUrl", "cancelUrl"]}, {"required": ["sources"]}]},
        body=OrderBody,
        key=Key.MADE,
        calls_provider=True,
    ),
    Operation(
        "GET /subscriptions",
        "listSubscriptions",
        "Subscriptions",
        "List subscriptions",
        {200: SubscriptionsPage},
        "People see their own; admins and services those of the tenant.",
        raises=LISTED,
        query=PAGE,
    ),
    Operation(
        "PUT /subscriptions",
        "changeMySubscription",
        "Subscriptions",
        "Change the plan of the subscription that the body names",
        {200: Subscription},
        "As `PUT /subscriptions/{id}`.",
        raises=(NotPossible, ProviderRefused, CardDeclined),
        refusals={404: ("NOT_FOUND",)},
        body=ChangeBody,
        calls_provider=True,
    ),
    Operation(
        "GET /subscriptions/{id}",
        "showSubscription",
        "Subscriptions",
        "Show a subscription with its history",
        {200: SubscriptionWithHistory},
        path=(_ID,),
    ),
    _of_one(
        "PUT /subscriptions/{id}",
        "changeSubscription",
        "Change the plan",
        {200: Subscription},
        description="To another plan of the same product, from now on. What the preview shows is charged; where "
        "that fails, the plan stays. Where we charge the periods, it costs nothing before the next.",
        raises=(NotPossible, ProviderRefused, CardDeclined),
        body=ChangeBody,
    ),
    _of_one(
        "POST /subscriptions/{id}/preview",
        "previewSubscription",
        "Show what a change of plan costs",
        {200: Proration},
        description="Changes nothing. Send its `at` with the change, and it costs that.",
        body=ChangeBody,
    ),
    _of_one(
        "POST /subscriptions/{id}/cancel",
        "cancelSubscription",
        "End a subscription",
        {200: Subscription},
        description="With the period that is paid, or `now`. Nothing is refunded by that. Twice is fine.",
        body=CancelBody,
        body_may_be_absent=True,
    ),
    _of_one(
        "POST /subscriptions/{id}/resume",
        "resumeSubscription",
        "Let a subscription go on",
        {200: Subscription},
        description="One that was to end, or is paused. Twice is fine.",
    ),
    _of_one(
        "POST /subscriptions/{id}/pause",
        "pauseSubscription",
        "Pause a subscription",
        {200: Subscription},
        description="Nothing is charged until it is resumed; what is paid stays. Twice is fine.",
    ),
    _of_one(
        "POST /subscriptions/{id}/pay",
        "paySubscription",
        "Charge what is owed now",
        {200: Subscription},
        description="With the card of the moment. The same key is the same try, however often it comes: what it has "
        "paid is answered again for a day. Where nothing is owed (any more), another key is refused with 409 "
        "`INVALID_STATE`. It is not part of the plan by which we try.",
        raises=(NotPossible, ProviderRefused, CardDeclined),
        key=Key.HEADER,
    ),
    _of_one(
        "POST /subscriptions/{id}/card",
        "changeCard",
        "Give another card",
        {200: Subscription, 201: CardPage},
        description="On a page that is opened for it; or, where we charge the periods, by `sources`: another method "
        "that is saved there. What is owed is charged to it at once, and a card that is declined stays.",
        raises=(NotPossible, ProviderRefused, SavedMethodForbidden),
        needs={"anyOf": [{"required": ["successUrl", "cancelUrl"]}, {"required": ["sources"]}]},
        body=CardBody,
    ),
)

"""Subscriptions and payments in the words of product backends, and which plans their tenants have."""

from __future__ import annotations

from contract.events.subscriptions import Interval, SubscriptionStatus
from contract.operations import LISTED, PAGE, STRETCH, Operation, Parameter, Who
from contract.shapes import Amount, Answer, Currency, Instant, PaymentStatus

_TENANT = Parameter("consumerTenantId", "Whose, of the tenants that the service acts for.")
_USER = Parameter("userId", "Of this user only.", {"type": "string", "minLength": 1, "maxLength": 128})


class SubscriptionRecord(Answer):
    """A subscription in the words of product backends."""

    subscription_id: str
    provider_key: str | None
    provider_subscription_id: str | None
    consumer_key: str | None
    consumer_tenant_id: str
    user_id: str
    product: str
    pricing_item_code: str
    status: SubscriptionStatus
    amount: Amount
    currency: Currency
    interval: Interval
    current_period_start: Instant | None
    current_period_end: Instant | None
    cancel_at_period_end: bool
    created_at: Instant
    updated_at: Instant


class SubscriptionRecords(Answer):
    """Newest first."""

    subscriptions: list[SubscriptionRecord]
    next_cursor: str | None


class Purchase(Answer):
    """A payment in the words of product backends: `subscriptionId` where it paid for a period of one."""

    payment_id: str
    provider_key: str
    consumer_key: str | None
    consumer_tenant_id: str
    user_id: str
    pricing_item_code: str
    subscription_id: str | None
    status: PaymentStatus
    amount: Amount
    currency: Currency
    created_at: Instant
    updated_at: Instant


class Purchases(Answer):
    """Newest first."""

    purchases: list[Purchase]
    next_cursor: str | None


class Plan(Answer):
    """One plan that somebody has. It gives access while a renewal is under way, and in its grace period."""

    subscription_id: str
    product: str
    pricing_item_code: str
    status: SubscriptionStatus
    has_access: bool
    access_until: Instant | None
    current_period_end: Instant | None
    trial_end: Instant | None
    cancel_at_period_end: bool
    grace_until: Instant | None


class PlanStatus(Answer):
    """Of a tenant, or of one of its users: at most a hundred, the newest first."""

    consumer_tenant_id: str
    user_id: str | None
    has_active_plan: bool
    plans: list[Plan]


OPERATIONS = (
    Operation(
        "GET /internal/payments/subscriptions",
        "listSubscriptionRecords",
        "Internal",
        "List the subscriptions of one of a service's tenants",
        {200: SubscriptionRecords},
        who=Who.SERVICES,
        raises=LISTED,
        query=(*PAGE, _TENANT, _USER),
    ),
    Operation(
        "GET /internal/payments/purchases",
        "listPurchases",
        "Internal",
        "List the payments of one of a service's tenants",
        {200: Purchases},
        who=Who.SERVICES,
        raises=LISTED,
        query=(*STRETCH, _TENANT, _USER),
    ),
    Operation(
        "GET /internal/payments/tenants/{consumerTenantId}/plan-status",
        "showPlanStatus",
        "Internal",
        "Show which plans a tenant has",
        {200: PlanStatus},
        "Or one of its users, with `userId`.",
        who=Who.SERVICES,
        path=(_TENANT,),
        query=(_USER,),
    ),
)

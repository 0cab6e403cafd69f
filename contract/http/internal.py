"""The internal API, for product backends."""

from __future__ import annotations

from typing import Literal

from contract.operations import Key, Operation, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant, PaymentStatus
from tollgate.runtime.http.schemas import CheckoutSessionBody


class CheckoutSession(Answer):
    """A checkout in the words of product backends. The address of its page is told while it can be paid."""

    provider_key: str
    provider_checkout_session_id: str | None
    url: str | None
    payment_id: str
    consumer_key: str | None
    consumer_tenant_id: str
    pricing_item_code: str
    status: PaymentStatus
    amount: Amount
    currency: Currency
    expires_at: Instant | None
    created_at: Instant


class Provider(Answer):
    """What one provider can do."""

    key: str
    enabled: bool
    methods: list[str]
    currencies: list[Currency] | Literal["all"]
    embedded: bool
    high_risk: bool
    recurring: bool


class Providers(Answer):
    """In order of preference."""

    providers: list[Provider]


OPERATIONS = (
    Operation(
        "GET /internal/payments/providers",
        "listProviders",
        "Internal",
        "List the providers of this deployment",
        {200: Providers},
        who=Who.SERVICES,
    ),
    Operation(
        "POST /internal/payments/checkout-sessions",
        "createCheckoutSession",
        "Internal",
        "Open a checkout for one of a service's tenants",
        {201: CheckoutSession},
        "The tenant is `consumerTenantId`. Without a key one is made, and returned in the header `Idempotency-Key`. "
        "Names of fields may be snake_case.",
        who=Who.SERVICES,
        refusals={409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        body=CheckoutSessionBody,
        key=Key.MADE,
        calls_provider=True,
    ),
    Operation(
        "GET /internal/payments/checkout-sessions/{id}",
        "getCheckoutSession",
        "Internal",
        "Find a checkout by the provider's id of its session",
        {200: CheckoutSession},
        who=Who.SERVICES,
        path=(id_of("session at the provider"),),
    ),
)

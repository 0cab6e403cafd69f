"""The admin API: payments of a whole tenant, and its figures."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contract.http.payments import Checkout, Transactions
from contract.operations import CURRENCY, LISTED, STRETCH, Key, Operation, Parameter, id_of
from contract.shapes import Amount, Answer, Currency, Instant, Shape
from tollgate.checkout.quote import AmountMismatch
from tollgate.payments.errors import NotRetryable
from tollgate.payments.lifecycle import State
from tollgate.runtime.http.schemas import RetryBody
from tollgate.subscriptions.errors import CardDeclined, NotPossible, ProviderRefused

Count = Annotated[int, Field(ge=0)]
FOR_ADMINS = "For admins of the tenant, and for services that act for it."
_USER = Parameter("user", "Of this user only.", {"type": "string", "minLength": 1, "maxLength": 128})
_PROVIDER = Parameter("provider", "At this provider only.", {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"})
_STATUS = Parameter(
    "status",
    "In one of these states, separated by commas.",
    {"type": "array", "minItems": 1, "items": {"type": "string", "enum": [state.value for state in State]}},
    comma_separated=True,
)


class RetriedCheckout(Checkout):
    """A checkout, and in whose place it was made, if in any."""

    retry_of: str | None


class LastDay(Shape):
    """What became of the payments of the last 24 hours; the parts add up to the total."""

    total_payments: int
    successful: int
    failed: int
    cancelled: int
    pending: int
    total_revenue: Amount
    currency: Currency
    revenue_by_currency: dict[Currency, Amount]


class MonthOfDisputes(Answer):
    """Disputes that were opened in a calendar month (UTC), how others ended then, and refunds, against the month's
    sales; the rate is null where nothing was sold.
    """

    month: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$")]
    opened: Count
    won: Count
    lost: Count
    refunded: Count
    successful: Count
    rate_basis_points: Count | None


class Statistics(Answer):
    """Figures of a tenant, some moments old. Disputes are those of this month and of the one before."""

    last_24_hours: LastDay
    disputes: Annotated[list[MonthOfDisputes], Field(min_length=2, max_length=2)]
    since: Instant
    timestamp: Instant


OPERATIONS = (
    Operation(
        "GET /admin/transactions",
        "listTenantTransactions",
        "Admin",
        "List the payments of a tenant",
        {200: Transactions},
        FOR_ADMINS,
        raises=LISTED,
        query=(*STRETCH, _USER, _PROVIDER, _STATUS),
    ),
    Operation(
        "GET /admin/failed-payments",
        "listFailedPayments",
        "Admin",
        "List what failed, and what is open after a declined try",
        {200: Transactions},
        FOR_ADMINS,
        raises=LISTED,
        query=(*STRETCH, _USER, _PROVIDER),
    ),
    Operation(
        "POST /admin/retry-payment/{id}",
        "retryPayment",
        "Admin",
        "Have a payment that ended unpaid tried again",
        {200: RetriedCheckout, 201: RetriedCheckout},
        "200 with the page that there is, 201 with a new one; that needs both addresses in the body, to which the "
        f"buyer returns. What a subscription owes is charged at once, with the card of the moment. {FOR_ADMINS}",
        raises=(NotRetryable, AmountMismatch, NotPossible, ProviderRefused, CardDeclined),
        refusals={409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)},
        body=RetryBody,
        body_may_be_absent=True,
        path=(id_of("payment"),),
        key=Key.HEADER,
        calls_provider=True,
    ),
    Operation(
        "GET /admin/stats",
        "showStatistics",
        "Admin",
        "Show the last 24 hours in figures",
        {200: Statistics},
        FOR_ADMINS,
        query=(CURRENCY,),
    ),
)

"""The catalog: what is sold at which price, for product backends."""

from __future__ import annotations

from typing import Any

from contract.operations import LISTED, PAGE, Operation, Parameter, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.catalog.errors import PricingItemChanged, PricingItemExists
from tollgate.catalog.model import Interval
from tollgate.fees.providers import Risk
from tollgate.runtime.http.catalog import PricingItemBody, PricingItemChangeBody
from tollgate.runtime.http.principal import TENANT_PATTERN

_TENANT = Parameter(
    "consumerTenantId",
    "Whose items, before those that every tenant sells; without, or with `*`, only these.",
    {"type": "string", "pattern": rf"^(\*|{TENANT_PATTERN.pattern})$"},
)
_PRODUCT = Parameter("product", "Only what gives access to this.")
_INTERVAL = Parameter(
    "interval", "Only what is paid for so often.", {"type": "string", "enum": [each.value for each in Interval]}
)
_ACTIVE = Parameter("active", "Only what is on sale, or only what is not.", {"type": "boolean"})
_ON_SALE = Parameter("active", "Nothing else is shown here.", {"type": "boolean", "const": True})
_WITHDRAWN = Parameter("withdrawn", "What was withdrawn, too.", {"type": "boolean", "default": False})
_ITEM = id_of("pricing item")
_ITS_KEEPER = "What every tenant sells, only services write that act for all."
_ORDER = (
    "By code, the tenant's own before the shared ones. In whose place the tenant has an item of its own, on sale or "
    "not, a shared one is left out: it is not sold to this tenant."
)


class PublicPricingItem(Answer):
    """What buyers may see. `interval` is null for what is sold once."""

    id: str
    code: str
    product: str
    name: str
    amount: Amount
    currency: Currency
    interval: Interval | None
    trial_days: int
    active: bool


class PublicPricingItems(Answer):
    """A page of what is on sale."""

    pricing_items: list[PublicPricingItem]
    next_cursor: str | None


class PricingItem(PublicPricingItem):
    """All of it. The tenant is `*` where every tenant sells it; `references` are ids of its price, by provider;
    `version` counts its changes.
    """

    consumer_tenant_id: str
    risk: Risk
    references: dict[str, str]
    version: int
    created_at: Instant | None
    updated_at: Instant | None
    withdrawn_at: Instant | None


class PricingItems(Answer):
    """A page of the catalog."""

    pricing_items: list[PricingItem]
    next_cursor: str | None


def _operation(route: str, name: str, summary: str, answers: dict[int, type[Answer]], **more: Any) -> Operation:
    return Operation(route, name, "Catalog", summary, dict(answers), who=Who.SERVICES, **more)


OPERATIONS = (
    _operation(
        "GET /internal/payments/pricing-items",
        "listPricingItems",
        "List what a tenant can sell",
        {200: PricingItems},
        description=_ORDER,
        raises=LISTED,
        query=(_TENANT, _ACTIVE, _PRODUCT, _INTERVAL, _WITHDRAWN, *PAGE),
    ),
    _operation(
        "GET /internal/payments/public/pricing-items",
        "listPublicPricingItems",
        "List what a tenant's buyers may be shown",
        {200: PublicPricingItems},
        description=_ORDER,
        raises=LISTED,
        query=(_TENANT, _ON_SALE, _PRODUCT, _INTERVAL, *PAGE),
    ),
    _operation(
        "GET /internal/payments/pricing-items/{id}",
        "showPricingItem",
        "Show a pricing item, withdrawn or not",
        {200: PricingItem},
        path=(_ITEM,),
    ),
    _operation(
        "POST /internal/payments/pricing-items",
        "createPricingItem",
        "Sell something at a price",
        {200: PricingItem, 201: PricingItem},
        description=f"The same again is answered with the item that is there: 200. {_ITS_KEEPER}",
        raises=(PricingItemExists,),
        body=PricingItemBody,
    ),
    _operation(
        "PATCH /internal/payments/pricing-items/{id}",
        "changePricingItem",
        "Change a pricing item",
        {200: PricingItem},
        description="Whoever has bought it keeps the price that they bought it at. Code, currency, interval and "
        f"product never change. Set `active`, a withdrawn item is sold again. {_ITS_KEEPER}",
        raises=(PricingItemChanged,),
        body=PricingItemChangeBody,
        path=(_ITEM,),
    ),
    _operation(
        "DELETE /internal/payments/pricing-items/{id}",
        "withdrawPricingItem",
        "Withdraw a pricing item",
        {200: PricingItem},
        description=f"It is sold to nobody from now on, and kept. Twice is fine. {_ITS_KEEPER}",
        path=(_ITEM,),
    ),
)

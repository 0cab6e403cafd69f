"""`/v1/prices`: what a product costs, once or in every period. An inline price is one that nobody else can use."""

import json
from typing import Any

from local.simulators.stripe.charges import changed
from local.simulators.stripe.currencies import LARGEST_AMOUNT
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Currency, Flag, Kind, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Unsettable
from local.simulators.stripe.products import new_product
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_INTERVAL: dict[str, Kind] = {"interval": Choice("day week month year"), "interval_count": Number(1)}
_MOST = {"day": 1095, "week": 156, "month": 36, "year": 3}
RECURRING = Group(_INTERVAL, required=("interval",))
TAX_BEHAVIOR = Choice("exclusive inclusive unspecified")
_PRICE: dict[str, Kind] = {
    "currency": Currency(),
    "recurring": RECURRING,
    "tax_behavior": TAX_BEHAVIOR,
    "unit_amount": Number(0, LARGEST_AMOUNT),
}
ITEM_PRICE = Group(
    {**_PRICE, "product": Text()},
    required=("currency", "product", "recurring", "unit_amount"),
    unbuilt="unit_amount_decimal",
)
"""An inline price of a subscription's item: of a product that exists."""
CREATE = Group(
    {
        **EXPAND,
        **_PRICE,
        "active": Flag(),
        "lookup_key": Text(200),
        "metadata": Metadata(),
        "nickname": Text(),
        "product": Text(),
        "product_data": Group(
            {"active": Flag(), "metadata": Metadata(), "name": Text(5000)}, required=("name",),
            unbuilt="id statement_descriptor tax_code tax_details unit_label",
        ),
        "recurring": Group(_INTERVAL, required=("interval",), unbuilt="meter trial_period_days usage_type"),
    },
    required=("currency", "unit_amount"),
    unbuilt="""
        billing_scheme currency_options custom_unit_amount tiers tiers_mode transfer_lookup_key transform_quantity
        unit_amount_decimal
    """,
)  # fmt: skip
UPDATE = Group(
    {**EXPAND, "active": Flag(), "metadata": Metadata(merges=True), "nickname": Unsettable(Text())},
    unbuilt="currency_options lookup_key tax_behavior transfer_lookup_key",
)
RETRIEVE = Group(EXPAND)
LIST = Group(
    {**PAGE, "active": Flag(), "currency": Currency(), "lookup_keys": Items(Text(), 10), "product": Text(),
     "type": Choice("one_time recurring")},
    unbuilt="recurring",
)  # fmt: skip


def new_price(work: Work, data: Body, product: str, *, active: bool) -> Record:
    """Store a price of a product. Raises a 400 for an interval of more than three years."""
    return work.add("price", {"id": new_id("price"), **price_fields(work, data), "active": active, "product": product})


def price_fields(work: Work, data: Body) -> Body:
    """A price but for its id and product, from the parameters that describe it."""
    absent = ("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode", "transform_quantity")
    given: Body = {name: data[name] for name in ("lookup_key", "metadata", "nickname", "unit_amount") if name in data}
    return {
        "object": "price",
        **dict.fromkeys(absent),
        "billing_scheme": "per_unit",
        "created": work.second,
        "currency": data["currency"],
        "livemode": False,
        "metadata": {},
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "type": "recurring" if "recurring" in data else "one_time",
        "unit_amount_decimal": str(data["unit_amount"]),
        **given,
        "recurring": _recurring(data["recurring"]) if "recurring" in data else None,
    }


def _recurring(given: Body) -> Body:
    count = given.get("interval_count", 1)
    if count > _MOST[given["interval"]]:
        raise invalid("A period may last three years at most.", param="recurring[interval_count]")
    absent = {"meter": None, "trial_period_days": None}
    return {"interval": given["interval"], "interval_count": count, **absent, "usage_type": "licensed"}


def price_of(work: Work, item: Body, at: str) -> Record:
    """The price of an item: the one named by `price`, or a new one by `price_data`. Raises a 400 for neither."""
    if ("price" in item) == ("price_data" in item):
        raise invalid(f"Give one of {at}[price] and {at}[price_data].", param=f"{at}[price]", code="parameter_missing")
    if "price" in item:
        price = work.get("price", item["price"], param=f"{at}[price]")
        if not price.body["active"]:
            raise invalid(f"The price {price.id} is not active.", param=f"{at}[price]", code="resource_missing")
        return price
    data = item["price_data"]
    if ("product" in data) == ("product_data" in data):
        where = f"{at}[price_data][product]"
        raise invalid("Give one of product and product_data.", param=where, code="parameter_missing")
    if "product" in data:
        product = work.get("product", data["product"], param=f"{at}[price_data][product]")
    else:
        product = new_product(work, data["product_data"])
    return new_price(work, data, product.id, active=False)


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/prices`."""
    if ("product" in params) == ("product_data" in params):
        raise invalid("Give one of product and product_data.", param="product", code="parameter_missing")
    if "product" in params:
        product = work.get("product", params["product"], param="product")
    else:
        product = new_product(work, params["product_data"])
        emit(work, "product.created", product)
    price = new_price(work, params, product.id, active=params.get("active", True))
    emit(work, "price.created", price)
    return price.body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/prices/{id}`."""
    price = work.at_path("price", ids["id"])
    previous = changed(price, params)
    work.save(price)
    if previous:
        emit(work, "price.updated", price, previous)
    return price.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/prices/{id}`."""
    return work.at_path("price", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/prices`, newest first."""
    names = ("currency", "product", "type")
    conditions: dict[str, Any] = {
        f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params
    }
    if "active" in params:
        conditions["json_extract(body, '$.active') = ?"] = int(params["active"])
    if "lookup_keys" in params:
        keys = json.dumps(params["lookup_keys"])
        conditions["json_extract(body, '$.lookup_key') IN (SELECT value FROM json_each(?))"] = keys
    return page_of(work, "price", "/v1/prices", params, conditions)

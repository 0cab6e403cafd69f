"""`/v1/products`: what is sold, whatever its prices."""

import json
from typing import Any

from local.simulators.stripe.charges import changed
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Flag, Kind, Link, Metadata, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Unsettable
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_FIELDS: dict[str, Kind] = {
    **EXPAND,
    "active": Flag(),
    "description": Unsettable(Text(40000)),
    "images": Items(Link(), 8),
    "metadata": Metadata(),
    "name": Text(5000),
    "url": Unsettable(Link()),
}
_UNBUILT = "marketing_features package_dimensions shippable statement_descriptor tax_code tax_details unit_label"
CREATE = Group({**_FIELDS, "id": Text()}, required=("name",), unbuilt=f"{_UNBUILT} default_price_data type")
UPDATE = Group({**_FIELDS, "metadata": Metadata(merges=True)}, unbuilt=f"{_UNBUILT} default_price")
RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "active": Flag(), "ids": Items(Text())}, unbuilt="shippable type url")


def new_product(work: Work, fields: Body) -> Record:
    """Store a product of the given name and other fields."""
    absent = ("default_price", "description", "package_dimensions", "shippable", "statement_descriptor", "tax_code",
              "unit_label", "url")  # fmt: skip
    body: Body = {
        "id": new_id("prod"),
        "object": "product",
        **dict.fromkeys(absent),
        "active": True,
        "created": work.second,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "type": "service",
        "updated": work.second,
        **fields,
    }
    return work.add("product", body)


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/products`."""
    if "id" in params and work.tx.find(params["id"]):
        raise invalid(f"There is a product '{params['id']}'.", param="id", code="resource_already_exists")
    product = new_product(work, {name: value for name, value in params.items() if name != "expand"})
    emit(work, "product.created", product)
    return product.body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/products/{id}`."""
    product = work.at_path("product", ids["id"])
    previous = changed(product, params)
    if previous:
        previous["updated"], product.body["updated"] = product.body["updated"], work.second
        emit(work, "product.updated", product, previous)
    work.save(product)
    return product.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/products/{id}`."""
    return work.at_path("product", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/products`, newest first."""
    conditions: dict[str, Any] = {}
    if "active" in params:
        conditions["json_extract(body, '$.active') = ?"] = int(params["active"])
    if "ids" in params:
        conditions["id IN (SELECT value FROM json_each(?))"] = json.dumps(params["ids"])
    return page_of(work, "product", "/v1/products", params, conditions)

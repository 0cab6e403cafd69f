"""`/v1/customers`."""

from local.simulators.stripe.charges import changed
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id, random_letters
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Email, Kind, Metadata, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Unsettable
from local.simulators.stripe.payment_methods import attached_method
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_schedule import ENDED
from local.simulators.stripe.subscription_status import end
from local.simulators.stripe.work import Work

_ADDRESS = Unsettable(Group({name: Text() for name in ("city", "country", "line1", "line2", "postal_code", "state")}))
_FIELDS: dict[str, Kind] = {
    **EXPAND,
    "address": _ADDRESS,
    "description": Unsettable(Text()),
    "email": Unsettable(Email()),
    "invoice_settings": Group(
        {"default_payment_method": Unsettable(Text())}, unbuilt="custom_fields footer rendering_options"
    ),
    "metadata": Metadata(),
    "name": Unsettable(Text(256)),
    "phone": Unsettable(Text(20)),
    "preferred_locales": Items(Text()),
    "tax_exempt": Choice("exempt none reverse"),
}
_UNBUILT = """
    balance business_name cash_balance default_source individual_name invoice_prefix
    next_invoice_sequence payment_method shipping source tax tax_id_data test_clock validate
"""
CREATE = Group(_FIELDS, unbuilt=_UNBUILT)
UPDATE = Group({**_FIELDS, "metadata": Metadata(merges=True)}, unbuilt=_UNBUILT)
RETRIEVE = Group(EXPAND)
DELETE = Group({})
LIST = Group({**PAGE, "email": Text()}, unbuilt="test_clock")


def new_customer(work: Work, fields: Body) -> Record:
    """Store a customer and report it."""
    absent = ("address", "currency", "default_source", "description", "discount", "email", "name", "phone", "shipping",
              "customer_account", "test_clock")  # fmt: skip
    settings = {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None}
    body: Body = {
        "id": new_id("cus"),
        "object": "customer",
        **dict.fromkeys(absent),
        "balance": 0,
        "created": work.second,
        "delinquent": False,
        "invoice_prefix": random_letters(8).upper(),
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        **fields,
        "invoice_settings": {**settings, **fields.get("invoice_settings", {})},
    }
    customer = work.add("customer", body)
    emit(work, "customer.created", customer)
    return customer


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/customers`."""
    if params.get("invoice_settings", {}).get("default_payment_method"):
        raise invalid("A new customer has no payment method.", param="invoice_settings[default_payment_method]")
    return new_customer(work, {name: value for name, value in params.items() if name != "expand"}).body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/customers/{id}`."""
    customer = work.at_path("customer", ids["id"], "customer")
    settings = params.get("invoice_settings", {})
    if settings.get("default_payment_method"):
        attached_method(work, settings["default_payment_method"], customer.id,
                        "invoice_settings[default_payment_method]")  # fmt: skip
    if settings:
        params = {**params, "invoice_settings": {**customer.body["invoice_settings"], **settings}}
    previous = changed(customer, params)
    work.save(customer)
    if previous:
        emit(work, "customer.updated", customer, previous)
    return customer.body


def delete(work: Work, ids: Body, _params: Body) -> Body:
    """`DELETE /v1/customers/{id}`. A deleted customer can be retrieved, but not used; their subscriptions end."""
    customer = work.at_path("customer", ids["id"], "customer")
    for subscription in work.tx.select("subscription", {"json_extract(body, '$.customer') = ?": customer.id}):
        if subscription.body["status"] not in ENDED:
            end(work, subscription, "cancellation_requested")
    emit(work, "customer.deleted", customer)
    work.save(Record("deleted_customer", {"id": customer.id, "object": "customer", "deleted": True}))
    work.tx.execute("UPDATE objects SET kind = 'deleted_customer' WHERE id = ?", (customer.id,))
    return {"id": customer.id, "object": "customer", "deleted": True}


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/customers/{id}`; a deleted one answers with `deleted: true`."""
    deleted = work.tx.find(ids["id"], "deleted_customer")
    return deleted.body if deleted else work.at_path("customer", ids["id"], "customer").body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/customers`, newest first."""
    conditions = {"json_extract(body, '$.email') = ?": params["email"]} if "email" in params else {}
    return page_of(work, "customer", "/v1/customers", params, conditions)

"""Payment methods: an instrument as clients see it, with the test card behind it kept private."""

from local.simulators.stripe.cards import TestCard, card_known_as, card_of_method
from local.simulators.stripe.errors import Body, invalid, missing_resource
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
ATTACH = Group({**EXPAND, "customer": Text()}, required=("customer",), unbuilt="customer_account")
DETACH = Group(EXPAND)
_TYPE = Choice("card us_bank_account")
_LIST = {name: kind for name, kind in PAGE.items() if name != "created"}
LIST = Group(
    {**_LIST, "customer": Text(), "type": _TYPE}, required=("customer",), unbuilt="allow_redisplay customer_account"
)
OF_CUSTOMER = Group({**_LIST, "type": _TYPE}, unbuilt="allow_redisplay")
EXPIRY = {"exp_month": 12, "exp_year": 2034}


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/payment_methods/{id}`."""
    return work.at_path("payment_method", ids["id"], "payment_method").body


def attach(work: Work, method: Record, customer: str) -> None:
    """Save the method to a customer."""
    if method.body["customer"] == customer:
        return
    method.body["customer"] = customer
    work.save(method)
    emit(work, "payment_method.attached", method)


def attach_to(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/payment_methods/{id}/attach`; a test id such as `pm_card_visa` makes a new method."""
    customer = work.get("customer", params["customer"], param="customer")
    method = method_for(work, ids["id"], customer.id)
    attach(work, method, customer.id)
    return method.body


def detach(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/payment_methods/{id}/detach`. It cannot be used again, nor attached."""
    method = work.at_path("payment_method", ids["id"], "payment_method")
    if method.body["customer"] is None:
        raise invalid("The payment method is attached to no customer.", param="payment_method", executed=True)
    previous = {"customer": method.body["customer"]}
    method.body["customer"], method.private["used"] = None, True
    work.save(method)
    emit(work, "payment_method.detached", method, previous)
    return method.body


def attached_method(work: Work, name: str, customer: str, param: str) -> Record:
    """The method of this id. Raises a 400 unless it is attached to the customer."""
    method = work.get("payment_method", name, param=param)
    if method.body["customer"] != customer:
        message = f"The customer {customer} has no payment method {name}; attach it first."
        raise invalid(message, param=param, code="resource_missing")
    return method


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/payment_methods`: those of one customer, newest first."""
    return _of(work, params["customer"], "/v1/payment_methods", params)


def of_customer(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/customers/{id}/payment_methods`, newest first."""
    customer = work.at_path("customer", ids["id"], "customer")
    return _of(work, customer.id, f"/v1/customers/{customer.id}/payment_methods", params)


def _of(work: Work, customer: str, url: str, params: Body) -> Body:
    conditions = {"json_extract(body, '$.customer') = ?": customer}
    if "type" in params:
        conditions["json_extract(body, '$.type') = ?"] = params["type"]
    return page_of(work, "payment_method", url, params, conditions)


def method_for(work: Work, name: str, customer: str | None) -> Record:
    """The stored method of this id, or a new one for a test id such as `pm_card_visa`.

    Raises a 400 for unknown ids, and for a method that belongs to another customer.
    """
    known = work.tx.find(name, "payment_method")
    if known is None:
        card = card_of_method(name)
        if card is None:
            raise missing_resource("payment method", name, param="payment_method")
        return new_method(work, card)
    if known.body["customer"] not in (None, customer):
        message = "The payment method belongs to another customer."
        raise invalid(message, param="payment_method")
    if known.private.get("used") and known.body["customer"] is None:
        message = "The payment method was used before without being saved to a customer, and cannot be used again."
        raise invalid(message)  # Stripe names neither a code nor the parameter
    return known


def new_method(work: Work, card: TestCard, billing: Body | None = None) -> Record:
    """A payment method for a test card."""
    body: Body = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing or billing_details(),
        "created": work.second,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "us_bank_account" if card.is_bank_debit else "card",
    }
    if card.is_bank_debit:
        body["us_bank_account"] = _bank_account(card)
    else:
        body["card"] = _card(card)
    return work.add("payment_method", body, {"card": card.number})


def card_of(method: Record) -> TestCard:
    """The test card behind a stored method."""
    return card_known_as(method.private["card"])


def billing_details(email: str | None = None, name: str | None = None) -> Body:
    """What the payer told of themselves."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def _card(card: TestCard) -> Body:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        **EXPIRY,
        "fingerprint": fingerprint(card),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank_account(card: TestCard) -> Body:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": fingerprint(card),
        "last4": card.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }


def fingerprint(card: TestCard) -> str:
    """The same for every use of one card."""
    return f"simulated{card.last4}{len(card.number)}"

"""Payment methods: an instrument as clients see it, with the test card behind it kept private."""

from local.simulators.stripe.cards import TestCard, card_known_as, card_of_method
from local.simulators.stripe.errors import Body, invalid, missing_resource
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.parameters import EXPAND, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
EXPIRY = {"exp_month": 12, "exp_year": 2034}


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/payment_methods/{id}`."""
    return work.at_path("payment_method", ids["id"], "payment_method").body


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

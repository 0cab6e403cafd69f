"""How a checkout session and its line items look."""

from typing import Any

from local.simulators.stripe import checkout_payment
from local.simulators.stripe.currencies import LARGEST_AMOUNT
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.invoice_shapes import product_name
from local.simulators.stripe.payment_intents import usable_types
from local.simulators.stripe.prices import price_of
from local.simulators.stripe.work import Work


def line_item(work: Work, index: int, item: Body) -> Body:
    """A line item of a session; an inline price is made for it."""
    at = f"line_items[{index}]"
    price = price_of(work, item, at).body
    amount = price["unit_amount"] * item["quantity"]
    if amount > LARGEST_AMOUNT:
        raise invalid("The amount of the line item is too large.", param=f"{at}[price_data][unit_amount]",
                      code="amount_too_large")  # fmt: skip
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product_name(work, price),
        "metadata": item.get("metadata", {}),
        "price": price,
        "quantity": item["quantity"],
    }


_ABSENT = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "branding_settings", "client_secret",
    "collected_information", "consent", "consent_collection", "currency_conversion", "customer_account",
    "excluded_payment_method_types", "integration_identifier", "invoice", "managed_payments", "name_collection",
    "origin_context", "payment_intent", "payment_link", "payment_method_configuration_details", "permissions",
    "presentment_details", "recovered_from", "redirect_on_completion", "return_url", "saved_payment_method_options",
    "setup_intent", "shipping_address_collection", "shipping_cost", "subscription", "wallet_options",
)  # fmt: skip
_ECHOED = (
    "billing_address_collection", "cancel_url", "client_reference_id", "customer", "customer_email", "locale",
    "submit_type", "success_url",
)  # fmt: skip
_NO_INVOICE: Body = {
    "account_tax_ids": None, "custom_fields": None, "description": None, "footer": None, "issuer": None,
    "metadata": {}, "rendering_options": None,
}  # fmt: skip
_NO_TEXTS: dict[str, None] = dict.fromkeys(
    ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
)


def session_body(work: Work, params: Body, currency: str | None, total: int | None, expires_at: int) -> Body:
    """An open session; one that only saves a card has no amounts."""
    mode = params["mode"]
    identifier = new_id("cs_test")
    given: dict[str, Any] = {name: params.get(name) for name in _ECHOED}
    email = params.get("customer_email")
    if "customer" in params:
        email = work.get("customer", params["customer"]).body["email"]
    return {
        "id": identifier,
        "object": "checkout.session",
        **dict.fromkeys(_ABSENT),
        **given,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": work.second,
        "currency": currency,
        "custom_fields": [],
        "custom_text": _NO_TEXTS,
        "customer_creation": None if "customer" in params else _CUSTOMER_CREATION[mode],
        "customer_details": checkout_payment.customer_details(email) if email else None,
        "discounts": [],
        "expires_at": expires_at,
        "invoice_creation": {"enabled": False, "invoice_data": _NO_INVOICE} if mode == "payment" else None,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": mode,
        "optional_items": [],
        "payment_method_collection": params.get("payment_method_collection", _COLLECTION[mode]),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": _method_types(params),
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "tax_id_collection": {"enabled": False, "required": "never"},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{work.public_base}/pay/{identifier}",
    }


_CUSTOMER_CREATION = {"payment": "if_required", "subscription": "always", "setup": None}
_COLLECTION = {"payment": "if_required", "subscription": "always", "setup": "always"}


def _method_types(params: Body) -> list[str]:
    if params["mode"] != "payment":
        return ["card"]
    manual = params.get("payment_intent_data", {}).get("capture_method") == "manual"
    return usable_types(params.get("allowed_payment_method_types"), manual=manual)

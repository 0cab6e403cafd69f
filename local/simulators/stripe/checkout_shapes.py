"""How a checkout session and its line items look."""

from typing import Any

from local.simulators.stripe import checkout_payment
from local.simulators.stripe.currencies import LARGEST_AMOUNT
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.payment_intents import usable_types
from local.simulators.stripe.work import Work


def line_item(work: Work, index: int, item: Body) -> Body:
    price, product = item["price_data"], item["price_data"]["product_data"]
    amount = price["unit_amount"] * item["quantity"]
    if amount > LARGEST_AMOUNT:
        param = f"line_items[{index}][price_data][unit_amount]"
        raise invalid("The amount of the line item is too large.", param=param, code="amount_too_large")
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": item.get("metadata", {}),
        "price": _price(work, price),
        "quantity": item["quantity"],
    }


def _price(work: Work, price: Body) -> Body:
    absent = ("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode", "transform_quantity")
    return {
        "id": new_id("price"),
        "object": "price",
        **dict.fromkeys(absent),
        "active": False,
        "billing_scheme": "per_unit",
        "created": work.second,
        "currency": price["currency"],
        "livemode": False,
        "metadata": {},
        "product": new_id("prod"),
        "tax_behavior": price.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
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


def session_body(work: Work, params: Body, currency: str, total: int, expires_at: int) -> Body:
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
        "customer_creation": None if "customer" in params else "if_required",
        "customer_details": checkout_payment.customer_details(email) if email else None,
        "discounts": [],
        "expires_at": expires_at,
        "invoice_creation": {"enabled": False, "invoice_data": _NO_INVOICE},
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "optional_items": [],
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": _method_types(params),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "tax_id_collection": {"enabled": False, "required": "never"},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{work.public_base}/pay/{identifier}",
    }


def _method_types(params: Body) -> list[str]:
    manual = params.get("payment_intent_data", {}).get("capture_method") == "manual"
    return usable_types(params.get("allowed_payment_method_types"), manual=manual)

"""What `/v1/checkout/sessions` takes."""

from local.simulators.stripe.parameter_kinds import Choice, Currency, Email, Link, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Moments
from local.simulators.stripe.payment_intent_parameters import (
    CAPTURE_METHOD,
    DESCRIPTOR,
    FUTURE_USAGE,
    METHOD_TYPES,
    SUFFIX,
)

_PRODUCT = Group(
    {
        "description": Text(40000),
        "images": Items(Link(), 8),
        "metadata": Metadata(),
        "name": Text(5000),
        "tax_code": Text(),
    },
    required=("name",),
    unbuilt="tax_details unit_label",
)
_PRICE = Group(
    {
        "currency": Currency(),
        "product_data": _PRODUCT,
        "tax_behavior": Choice("exclusive inclusive unspecified"),
        "unit_amount": Number(),
    },
    required=("currency", "product_data", "unit_amount"),
    unbuilt="product recurring unit_amount_decimal",
)
_LINE_ITEM = Group(
    {"metadata": Metadata(), "price_data": _PRICE, "quantity": Number(1, 999_999)},
    required=("price_data", "quantity"),
    unbuilt="adjustable_quantity price tax_rates",
)
_INTENT_DATA = Group(
    {
        "capture_method": CAPTURE_METHOD,
        "description": Text(1000),
        "metadata": Metadata(),
        "receipt_email": Email(),
        "setup_future_usage": FUTURE_USAGE,
        "statement_descriptor": DESCRIPTOR,
        "statement_descriptor_suffix": SUFFIX,
        "transfer_group": Text(),
    },
    unbuilt="application_fee_amount on_behalf_of shipping transfer_data",
)
CREATE = Group(
    {
        **EXPAND,
        "allowed_payment_method_types": METHOD_TYPES,
        "billing_address_collection": Choice("auto required"),
        "cancel_url": Link(),
        "client_reference_id": Text(200),
        "customer": Text(),
        "customer_creation": Choice("if_required"),
        "customer_email": Email(),
        "expires_at": Number(),
        "line_items": Items(_LINE_ITEM, 100),
        "locale": Text(10),
        "metadata": Metadata(),
        "mode": Choice("payment setup subscription"),
        "payment_intent_data": _INTENT_DATA,
        "submit_type": Choice("auto book donate pay"),
        "success_url": Link(),
        "ui_mode": Choice("hosted_page embedded_page elements form"),
    },
    required=("mode", "line_items", "success_url"),
    unbuilt="""
        adaptive_pricing after_expiration allow_promotion_codes automatic_tax
        branding_settings consent_collection currency custom_fields custom_text customer_account customer_update
        discounts excluded_payment_method_types integration_identifier invoice_creation managed_payments name_collection
        optional_items origin_context payment_method_collection payment_method_configuration payment_method_data
        payment_method_options permissions phone_number_collection redirect_on_completion return_url
        saved_payment_method_options setup_intent_data shipping_address_collection shipping_options subscription_data
        tax_id_collection wallet_options
    """,
)
RETRIEVE = Group(EXPAND)
EXPIRE = Group(EXPAND)
UPDATE = Group(
    {**EXPAND, "metadata": Metadata(merges=True)},
    unbuilt="collected_information line_items payment_intent_data shipping_options",
)
LINE_ITEMS = Group({name: PAGE[name] for name in ("expand", "limit", "starting_after", "ending_before")})
LIST = Group(
    {
        **PAGE,
        "created": Moments(),
        "customer": Text(),
        "customer_details": Group({"email": Email()}, required=("email",)),
        "payment_intent": Text(),
        "status": Choice("complete expired open"),
    },
    unbuilt="customer_account payment_link subscription",
)

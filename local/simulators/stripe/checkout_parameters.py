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
from local.simulators.stripe.prices import RECURRING, TAX_BEHAVIOR
from local.simulators.stripe.subscription_parameters import TRIAL_SETTINGS

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
        "product": Text(),
        "product_data": _PRODUCT,
        "recurring": RECURRING,
        "tax_behavior": TAX_BEHAVIOR,
        "unit_amount": Number(),
    },
    required=("currency", "unit_amount"),
    unbuilt="unit_amount_decimal",
)
_LINE_ITEM = Group(
    {"metadata": Metadata(), "price": Text(), "price_data": _PRICE, "quantity": Number(1, 999_999)},
    required=("quantity",),
    unbuilt="adjustable_quantity tax_rates",
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
_SUBSCRIPTION_DATA = Group(
    {
        "description": Text(500),
        "metadata": Metadata(),
        "trial_end": Number(),
        "trial_period_days": Number(1, 730),
        "trial_settings": TRIAL_SETTINGS,
    },
    unbuilt="""
        application_fee_percent billing_cycle_anchor billing_cycle_anchor_config billing_mode default_tax_rates
        invoice_settings on_behalf_of pending_invoice_item_interval proration_behavior transfer_data
    """,
)
_SETUP_DATA = Group({"description": Text(1000), "metadata": Metadata()}, unbuilt="on_behalf_of")
CREATE = Group(
    {
        **EXPAND,
        "allowed_payment_method_types": METHOD_TYPES,
        "billing_address_collection": Choice("auto required"),
        "cancel_url": Link(),
        "client_reference_id": Text(200),
        "currency": Currency(),
        "customer": Text(),
        "customer_creation": Choice("if_required"),
        "customer_email": Email(),
        "expires_at": Number(),
        "line_items": Items(_LINE_ITEM, 100),
        "locale": Text(10),
        "metadata": Metadata(),
        "mode": Choice("payment setup subscription"),
        "payment_intent_data": _INTENT_DATA,
        "payment_method_collection": Choice("always if_required"),
        "setup_intent_data": _SETUP_DATA,
        "submit_type": Choice("auto book donate pay subscribe"),
        "subscription_data": _SUBSCRIPTION_DATA,
        "success_url": Link(),
        "ui_mode": Choice("hosted_page embedded_page elements form"),
    },
    required=("mode", "success_url"),
    unbuilt="""
        adaptive_pricing after_expiration allow_promotion_codes automatic_tax
        branding_settings consent_collection custom_fields custom_text customer_account customer_update
        discounts excluded_payment_method_types integration_identifier invoice_creation managed_payments name_collection
        optional_items origin_context payment_method_configuration payment_method_data
        payment_method_options permissions phone_number_collection redirect_on_completion return_url
        saved_payment_method_options shipping_address_collection shipping_options
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
        "subscription": Text(),
    },
    unbuilt="customer_account payment_link",
)

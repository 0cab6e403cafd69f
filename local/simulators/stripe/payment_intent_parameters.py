"""What `/v1/payment_intents` takes."""

from local.simulators.stripe.parameter_kinds import Choice, Currency, Email, Flag, Kind, Link, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Unsettable

DESCRIPTOR = Text(22, 5, forbidden="<>\\'\"*", needs_letter=True)
SUFFIX = Text(22, forbidden="<>\\'\"*", needs_letter=True)
CAPTURE_METHOD = Choice("automatic automatic_async manual")
FUTURE_USAGE = Choice("off_session on_session")
METHOD_TYPES = Items(Choice("card us_bank_account"))

_RETIRED = {"payment_method_types": "payment_method_types_no_longer_supported"}

_CONFIRMATION: dict[str, Kind] = {
    **EXPAND,
    "capture_method": CAPTURE_METHOD,
    "error_on_requires_action": Flag(),
    "off_session": Flag(),
    "payment_method": Text(),
    "receipt_email": Unsettable(Email()),
    "return_url": Link(),
    "setup_future_usage": Unsettable(FUTURE_USAGE),
}
_DETAILS: dict[str, Kind] = {
    "description": Unsettable(Text(1000)),
    "metadata": Metadata(),
    "receipt_email": Unsettable(Email()),
    "statement_descriptor": Unsettable(DESCRIPTOR),
    "statement_descriptor_suffix": Unsettable(SUFFIX),
}
_UNBUILT = """
    amount_details application_fee_amount confirmation_token customer_account
    excluded_payment_method_types hooks mandate mandate_data on_behalf_of payment_details payment_method_configuration
    payment_method_data radar_options shipping transfer_data use_stripe_sdk amount_to_confirm
"""
CREATE = Group(
    {
        **_CONFIRMATION,
        **_DETAILS,
        "allowed_payment_method_types": METHOD_TYPES,
        "amount": Number(-(2**53)),
        "automatic_payment_methods": Group(
            {"enabled": Flag(), "allow_redirects": Choice("always never")}, required=("enabled",)
        ),
        "confirm": Flag(),
        "confirmation_method": Choice("automatic manual"),
        "currency": Currency(),
        "customer": Text(),
        "payment_method_options": Group(
            {"card": Group({"request_multicapture": Choice("if_available never")}, unbuilt="request_three_d_secure")}
        ),
        "transfer_group": Text(),
    },
    required=("amount", "currency"),
    unbuilt=_UNBUILT,
    retired=_RETIRED,
)
CONFIRM = Group(
    _CONFIRMATION, unbuilt=f"{_UNBUILT} allowed_payment_method_types payment_method_options", retired=_RETIRED
)
CAPTURE = Group(
    {
        **EXPAND,
        "amount_to_capture": Number(1),
        "final_capture": Flag(),
        "metadata": Metadata(merges=True),
        "statement_descriptor": DESCRIPTOR,
        "statement_descriptor_suffix": SUFFIX,
    },
    unbuilt=_UNBUILT,
)
CANCEL = Group({**EXPAND, "cancellation_reason": Choice("abandoned duplicate fraudulent requested_by_customer")})
UPDATE = Group(
    {**EXPAND, **_DETAILS, "metadata": Metadata(merges=True)},
    unbuilt=f"""{_UNBUILT} amount currency customer payment_method transfer_group capture_method setup_future_usage
    payment_method_options allowed_payment_method_types""",
    retired=_RETIRED,
)
RETRIEVE = Group({**EXPAND, "client_secret": Text()})
LIST = Group({**PAGE, "customer": Text()}, unbuilt="customer_account")

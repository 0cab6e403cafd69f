"""What `/v1/subscriptions` takes."""

from typing import Any

from local.simulators.stripe.errors import invalid
from local.simulators.stripe.form import Raw
from local.simulators.stripe.parameter_kinds import Choice, Currency, Flag, Kind, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items, Moments, Unsettable
from local.simulators.stripe.prices import ITEM_PRICE


class MomentOr:
    """A moment in epoch seconds, or one of a few words."""

    def __init__(self, words: str) -> None:
        self._words = words.split()

    def read(self, raw: Raw, at: str) -> int | str:
        """The moment as a number, the word as it is."""
        return raw if isinstance(raw, str) and raw in self._words else Number().read(raw, at)


PRORATION = Choice("create_prorations always_invoice none")
PAYMENT_BEHAVIOR = Choice("allow_incomplete default_incomplete error_if_incomplete pending_if_incomplete")
_ITEM: dict[str, Kind] = {
    "metadata": Metadata(),
    "price": Text(),
    "price_data": ITEM_PRICE,
    "quantity": Number(0, 999_999),
}
_UNBUILT_ITEM = "billing_thresholds current_trial discounts plan tax_rates"
CREATE_ITEM = Group(_ITEM, unbuilt=_UNBUILT_ITEM)
UPDATE_ITEM = Group(
    {**_ITEM, "id": Text(), "metadata": Metadata(merges=True)}, unbuilt=f"{_UNBUILT_ITEM} clear_usage deleted"
)
_MISSING = Choice("cancel create_invoice pause")
_END_BEHAVIOR = Group({"missing_payment_method": _MISSING}, required=("missing_payment_method",))
TRIAL_SETTINGS = Group({"end_behavior": _END_BEHAVIOR}, required=("end_behavior",))
_DETAILS = Group(
    {
        "comment": Unsettable(Text(5000)),
        "feedback": Unsettable(Choice("""customer_service low_quality missing_features other switched_service
                                      too_complex too_expensive unused""")),
    },
    unbuilt="feedback_option",
)  # fmt: skip
_COMMON: dict[str, Kind] = {
    **EXPAND,
    "cancel_at": Unsettable(MomentOr("min_period_end max_period_end")),
    "cancel_at_period_end": Flag(),
    "default_payment_method": Unsettable(Text()),
    "description": Unsettable(Text(500)),
    "off_session": Flag(),
    "payment_behavior": PAYMENT_BEHAVIOR,
    "payment_settings": Group(
        {"save_default_payment_method": Choice("off on_subscription")},
        unbuilt="payment_method_options payment_method_types",
    ),
    "proration_behavior": PRORATION,
    "trial_settings": TRIAL_SETTINGS,
}
_UNBUILT = """
    add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor billing_schedules billing_thresholds
    collection_method days_until_due default_source default_tax_rates discounts invoice_settings on_behalf_of
    pending_invoice_item_interval transfer_data trial_from_plan
"""
CREATE = Group(
    {
        **_COMMON,
        "currency": Currency(),
        "customer": Text(),
        "items": Items(CREATE_ITEM, 20),
        "metadata": Metadata(),
        "trial_end": MomentOr("now"),
        "trial_period_days": Number(0, 730),
    },
    required=("customer", "items"),
    unbuilt=f"{_UNBUILT} backdate_start_date billing_cycle_anchor_config billing_mode customer_account",
)
_PAUSE = Group(
    {"behavior": Choice("keep_as_draft mark_uncollectible void"), "resumes_at": Unsettable(Number())},
    required=("behavior",),
)
UPDATE = Group(
    {
        **_COMMON,
        "cancellation_details": _DETAILS,
        "items": Items(UPDATE_ITEM, 20),
        "metadata": Metadata(merges=True),
        "pause_collection": Unsettable(_PAUSE),
        "proration_date": Number(),
        "trial_end": MomentOr("now"),
    },
    unbuilt=_UNBUILT,
)
CANCEL = Group({**EXPAND, "cancellation_details": _DETAILS, "invoice_now": Flag(), "prorate": Flag()})
RESUME = Group(
    {**EXPAND, "billing_cycle_anchor": Choice("now"), "proration_behavior": PRORATION},
    unbuilt="payment_behavior proration_date",
)
RETRIEVE = Group(EXPAND)
LIST = Group(
    {
        **PAGE,
        "current_period_end": Moments(),
        "current_period_start": Moments(),
        "customer": Text(),
        "price": Text(),
        "status": Choice("active all canceled ended incomplete incomplete_expired past_due paused trialing unpaid"),
    },
    unbuilt="automatic_tax collection_method customer_account plan test_clock",
)


def one_item(items: list[Any]) -> Any:
    """The only item. Raises a 400 for none, and for more, which this simulator does not implement."""
    if not items:
        raise invalid("items must have an entry.", param="items", code="parameter_missing")
    if len(items) > 1:
        raise invalid("This simulator does not implement subscriptions of several items.", param="items")
    return items[0]

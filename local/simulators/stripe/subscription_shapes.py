"""How a subscription and its item look."""

from dataclasses import dataclass, field

from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import list_body
from local.simulators.stripe.work import Work


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed at the start. `trial_end` in epoch seconds; `extra` holds further fields of the subscription."""

    customer: str
    price: Body
    quantity: int = 1
    method: str | None = None
    metadata: Body = field(default_factory=dict)
    trial_end: int | None = None
    missing_method: str = "create_invoice"
    save_method: str = "off"
    item_metadata: Body = field(default_factory=dict)
    extra: Body = field(default_factory=dict)


_ABSENT = (
    "application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at",
    "canceled_at", "customer_account", "days_until_due", "default_source", "description", "ended_at", "latest_invoice",
    "next_pending_invoice_item_invoice", "on_behalf_of", "pause_collection", "pending_invoice_item_interval",
    "pending_setup_intent", "pending_update", "schedule", "status_details", "test_clock", "transfer_data",
)  # fmt: skip


def subscription_body(work: Work, terms: Terms, status: str, period_end: int) -> Body:
    """A subscription that starts now. The anchor of its periods is the end of the trial, or now."""
    identifier, trial_end = new_id("sub"), terms.trial_end
    items = list_body(f"/v1/subscription_items?subscription={identifier}", [], has_more=False)
    item = _item(work, identifier, terms, period_end)
    return {
        "id": identifier,
        "object": "subscription",
        **dict.fromkeys(_ABSENT),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": trial_end or work.second,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible",
                         "updated_at": work.second},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        "collection_method": "charge_automatically",
        "created": work.second,
        "currency": terms.price["currency"],
        "customer": terms.customer,
        "default_payment_method": terms.method,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "custom_fields": None, "description": None, "footer": None,
                             "issuer": {"type": "self"}},
        "items": {**items, "data": [item], "total_count": 1},
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": terms.metadata,
        "payment_settings": {"payment_method_options": None, "payment_method_types": None,
                             "save_default_payment_method": terms.save_method},
        "start_date": work.second,
        "status": status,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": terms.missing_method}},
        "trial_start": work.second if trial_end else None,
        **terms.extra,
    }  # fmt: skip


def _item(work: Work, subscription: str, terms: Terms, period_end: int) -> Body:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": work.second,
        "current_period_end": period_end,
        "current_period_start": work.second,
        "current_trial": None,
        "discounts": [],
        "metadata": terms.item_metadata,
        "plan": plan_of(terms.price),
        "price": terms.price,
        "quantity": terms.quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def plan_of(price: Body) -> Body:
    """A recurring price in the older form, which items still have beside it."""
    copied = ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product",
              "tiers_mode")  # fmt: skip
    return {
        **{name: price[name] for name in copied},
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        **price["recurring"],
        "transform_usage": None,
    }

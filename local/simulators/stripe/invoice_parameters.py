"""What `/v1/invoices` takes."""

from local.simulators.stripe.parameter_kinds import Choice, Currency, Flag, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items
from local.simulators.stripe.subscription_parameters import PRORATION, UPDATE_ITEM, MomentOr

CREATE = Group(
    {
        **EXPAND,
        "auto_advance": Flag(),
        "currency": Currency(),
        "customer": Text(),
        "default_payment_method": Text(),
        "description": Text(1500),
        "metadata": Metadata(),
        "pending_invoice_items_behavior": Choice("exclude include"),
        "subscription": Text(),
    },
    required=("customer",),
    unbuilt="""
        account_tax_ids application_fee_amount automatic_tax automatically_finalizes_at collection_method custom_fields
        customer_account days_until_due default_source default_tax_rates discounts due_date effective_at footer
        from_invoice issuer number on_behalf_of payment_settings rendering shipping_cost shipping_details
        statement_descriptor transfer_data
    """,
)
UPDATE = Group(
    {**EXPAND, "auto_advance": Flag(), "default_payment_method": Text(), "description": Text(1500),
     "metadata": Metadata(merges=True)},
    unbuilt="""
        account_tax_ids application_fee_amount automatic_tax automatically_finalizes_at collection_method custom_fields
        days_until_due default_source default_tax_rates discounts due_date effective_at footer issuer number
        on_behalf_of payment_settings rendering shipping_cost shipping_details statement_descriptor transfer_data
    """,
)  # fmt: skip
_DETAILS = Group(
    {
        "cancel_at_period_end": Flag(),
        "items": Items(UPDATE_ITEM, 20),
        "proration_behavior": PRORATION,
        "proration_date": Number(),
        "trial_end": MomentOr("now"),
    },
    unbuilt="""
        billing_cycle_anchor billing_mode billing_schedules cancel_at cancel_now default_tax_rates metadata pause
        resume_at start_date
    """,
)
PREVIEW = Group(
    {**EXPAND, "customer": Text(), "subscription": Text(), "subscription_details": _DETAILS},
    required=("subscription",),
    unbuilt="""
        automatic_tax currency customer_account customer_details discounts invoice_items issuer on_behalf_of
        preview_mode schedule schedule_details
    """,
)
PAY = Group(
    {**EXPAND, "off_session": Flag(), "payment_method": Text()}, unbuilt="forgive mandate paid_out_of_band source"
)
FINALIZE = Group({**EXPAND, "auto_advance": Flag()})
VOID = Group(EXPAND)
WRITE_OFF = Group(EXPAND)
RETRIEVE = Group(EXPAND)
DELETE = Group({})
LINES = Group({name: PAGE[name] for name in ("expand", "limit", "starting_after", "ending_before")})
LIST = Group(
    {**PAGE, "customer": Text(), "status": Choice("draft open paid uncollectible void"), "subscription": Text()},
    unbuilt="collection_method customer_account due_date",
)

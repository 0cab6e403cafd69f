"""How a payment intent looks when it is made."""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id, random_letters
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def new_intent(work: Work, fields: Body, private: Body | None = None) -> Record:
    """Store an intent with the given fields and report its creation."""
    identifier = new_id("pi")
    body: Body = {
        "id": identifier,
        "object": "payment_intent",
        **dict.fromkeys(_ABSENT),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{identifier}_secret_{random_letters(25)}",
        "confirmation_method": "automatic",
        "created": work.second,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {"installments": None, "mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        **fields,
    }  # fmt: skip
    intent = work.add("payment_intent", body, private)
    emit(work, "payment_intent.created", intent)
    return intent


_ABSENT = (
    "allowed_payment_method_types", "application", "application_fee_amount", "automatic_payment_methods", "canceled_at",
    "cancellation_reason", "customer", "customer_account", "description", "excluded_payment_method_types",
    "last_payment_error", "latest_charge", "next_action", "on_behalf_of", "payment_method",
    "payment_method_configuration_details", "processing", "receipt_email", "review", "setup_future_usage", "shipping",
    "source", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip

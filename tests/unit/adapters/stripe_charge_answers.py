"""What Stripe answers about a charge, and the adapter that hears it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.support.builders import NOW, a_draft, usd
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.checkout.charge_ports import ChargeRequest, Declined, Taken
from tollgate.kernel.clock import FixedClock
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.model import Capture

CREATED = 1_800_000_000
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "succeeded",
    "amount_received": 5000,
    "currency": "usd",
    "created": CREATED,
    "metadata": {"tollgate_tenant": "demo", "tollgate_payment": a_draft().id},
}
TAKEN = Taken(Capture("pi_1", usd(5_000), datetime.fromtimestamp(CREATED, UTC)))
ERROR = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "stolen_card",
    "advice_code": "do_not_try_again",
}
DECLINED = INTENT | {"status": "requires_payment_method", "last_payment_error": ERROR, "amount_received": 0}
ASKS = INTENT | {
    "status": "requires_action",
    "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": "https://hooks.stripe.com/1"}},
}
CANCELLED = INTENT | {"status": "canceled"}
HARD = Declined(Decline(DeclineClass.HARD))
UNCONFIRMED = Declined(Decline(DeclineClass.ACTION_REQUIRED, "authentication_required"))
NOT_CANCELLED = (400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}})


def made_charges(url: str, key: str = "sk_test_1") -> StripeCharges:
    secrets, clock = MemorySecrets({"stripe/api": {"secret_key": key}}), FixedClock(NOW)
    return StripeCharges(StripeProvider(secrets, clock, enabled=True, api_base=url).client, clock)


def parameters(charges: StripeCharges, **request: Any) -> str:
    return charges.charge_parameters(a_draft(), ChargeRequest({"stripe": "cus_1/pm_1"}, **request))


def error(status: int, type_: str = "api_error", **fields: Any) -> tuple[int, Any]:
    return status, {"error": {"type": type_, "message": "zoe@example.com", **fields}}


def refused(intent: Any, status: int = 402, **fields: Any) -> tuple[int, Any]:
    return status, {"error": {**ERROR, **fields, "payment_intent": intent}}


def paths(server: StripeServer) -> list[str]:
    return [f"{asked.method} {asked.path.removeprefix('/v1/payment_intents')}" for asked in server.asked]


def found(*intents: Any) -> tuple[int, Any]:
    return 200, {
        "object": "search_result",
        "data": list(intents),
        "has_more": False,
        "url": "/v1/payment_intents/search",
    }

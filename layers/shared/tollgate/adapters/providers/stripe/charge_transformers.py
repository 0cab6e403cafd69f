"""Direct charges in Stripe's words, without its SDK: a payment intent that is confirmed as it is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe, require_rest, to_stripe
from tollgate.adapters.providers.stripe.declines import decline_of
from tollgate.adapters.providers.stripe.transformers import PAYMENT, TENANT, captured, instant
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session

type Fields = Mapping[str, Any]

# An intent waits for its buyer for ever. The bank does not: whoever has not confirmed by then begins anew.
CONFIRMABLE_FOR = timedelta(hours=1)
# When somebody should make sure of what is on its way, though nothing ends by then.
ON_ITS_WAY_FOR = timedelta(days=1)
# How long most card networks keep money set aside, where the charge does not say.
HELD_FOR = timedelta(days=7)

SUCCEEDED, CANCELED, DECLINED = "succeeded", "canceled", "requires_payment_method"
_WAITING = ("requires_action", "requires_confirmation")


def charge_parameters(payment: Payment, request: ChargeRequest) -> str:
    """All parameters of `POST /v1/payment_intents`. A card that is saved with a customer is named with it:
    `cus_…/pm_…`.
    """
    if payment.tenders:
        require_rest(payment.due)
    customer, _, method = request.sources["stripe"].rpartition("/")
    if request.kept and not customer:
        raise ValidationFailed([FieldError("sources.stripe", "must be a customer's saved method (cus_…/pm_…)")])
    parameters: dict[str, Any] = {
        "amount": to_stripe(payment.due),
        "currency": payment.due.currency.lower(),
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "metadata": {TENANT: payment.tenant, PAYMENT: payment.id},
        **({"customer": customer} if customer else {}),
        **({"capture_method": "manual", "expand": ["latest_charge"]} if payment.hold else {}),
        **_presence(request),
    }
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _presence(request: ChargeRequest) -> dict[str, Any]:
    """Whether there is anybody who could confirm. Where nobody is, Stripe declines what wants to be confirmed."""
    if request.off_session:
        return {"off_session": True}
    return {"return_url": request.return_url} if request.return_url else {"error_on_requires_action": True}


def is_open(intent: Fields) -> bool:
    """Whether it may still be completed. One that was declined is not: another try would have to be ours. One that
    waits for a method, and was never declined, has not been tried yet.
    """
    return intent["status"] in _WAITING or (intent["status"] == DECLINED and not intent.get("last_payment_error"))


def page_of(intent: Fields) -> Session | None:
    """The bank's page for the buyer, where the intent leads to one."""
    action = intent.get("next_action") or {}
    url = (action.get("redirect_to_url") or {}).get("url")
    return Session(intent["id"], str(url), instant(intent["created"]) + CONFIRMABLE_FOR) if url else None


def on_its_way(intent: Fields) -> Session:
    """What is neither done nor given up."""
    return Session(intent["id"], None, instant(intent["created"]) + ON_ITS_WAY_FOR)


def is_held(intent: Fields) -> bool:
    """Whether its money is set aside, and ours to take."""
    return bool(intent["status"] == "requires_capture" and intent.get("capture_method") == "manual")


def held(intent: Fields) -> Session:
    """Money that is set aside. Until when, the charge knows, where the answer has more of it than its id."""
    charge = intent.get("latest_charge")
    card = (charge.get("payment_method_details") or {}).get("card") if isinstance(charge, Mapping) else None
    until = (card or {}).get("capture_before")
    return Session(intent["id"], None, instant(until) if until else instant(intent["created"]) + HELD_FOR)


def report_of_hold(intent: Fields, at: datetime) -> Report | None:
    """What an intent says of money that is set aside; None where it is not, or not any more."""
    return Report(Fact.APPROVED, at, session=held(intent), about=intent["id"]) if is_held(intent) else None


def capture_of(intent: Fields) -> Capture:
    """The money of an intent that has succeeded."""
    return Capture(intent["id"], from_stripe(intent["amount_received"], intent["currency"]), instant(intent["created"]))


def decline_of_charge(intent: Fields) -> Decline:
    """Why an intent came to nothing. One that was cancelled without an error had waited for its buyer."""
    error = intent.get("last_payment_error")
    if error or intent["status"] == DECLINED:
        return decline_of(error or {})
    return Decline(DeclineClass.ACTION_REQUIRED, "authentication_required")


def report_of_charge(intent: Fields, at: datetime) -> Report | None:
    """What an intent in its present state says about the payment; None while the buyer can confirm it, or we can take
    what is set aside.
    """
    if is_open(intent) or is_held(intent):
        return None
    match intent["status"]:
        case "succeeded":
            return captured(intent["id"], intent["amount_received"], intent["currency"], at)
        case "requires_payment_method":
            decline = decline_of_charge(intent)
            return Report(Fact.DECLINED, at, reason=decline.code, about=intent["id"], decline=decline.class_)
        case "canceled":
            return Report(Fact.EXPIRED, at, about=intent["id"])
    return Report(Fact.PROCESSING, at, about=intent["id"])

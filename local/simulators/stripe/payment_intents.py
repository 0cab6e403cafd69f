"""`/v1/payment_intents`."""

from typing import Any

from local.simulators.stripe import invoice_course, payments
from local.simulators.stripe.charges import changed
from local.simulators.stripe.currencies import check_amount
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.payment_intent_shapes import new_intent
from local.simulators.stripe.payment_methods import method_for
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_COPIED = (
    "allowed_payment_method_types", "amount", "capture_method", "confirmation_method", "currency", "customer",
    "description", "metadata", "receipt_email", "setup_future_usage", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/payment_intents`."""
    check_amount(params["amount"], params["currency"], param="amount")
    if params.get("customer"):
        work.get("customer", params["customer"], param="customer")
    for name in ("off_session", "error_on_requires_action", "return_url"):
        if name in params and not params.get("confirm"):
            raise invalid(f"{name} may only be given together with confirm=true.", param=name)
    intent = new_intent(work, _given(params), _private(params))
    if params.get("payment_method"):
        method = method_for(work, params["payment_method"], params.get("customer"))
        intent.body.update(payment_method=method.id, status="requires_confirmation")
        work.save(intent)
    if params.get("confirm"):
        _confirm(work, intent, params)
    return intent.body


def _given(params: Body) -> Body:
    given: dict[str, Any] = {name: params[name] for name in _COPIED if name in params}
    manual = params.get("capture_method") == "manual"
    given["payment_method_types"] = usable_types(params.get("allowed_payment_method_types"), manual=manual)
    if "allowed_payment_method_types" not in params:
        wanted = params.get("automatic_payment_methods", {"enabled": True})
        given["automatic_payment_methods"] = {"allow_redirects": "always", **wanted} if wanted["enabled"] else None
    elif "automatic_payment_methods" in params:
        message = "Only one of allowed_payment_method_types and automatic_payment_methods may be given."
        raise invalid(message, param="allowed_payment_method_types")
    return given


def usable_types(allowed: list[str] | None, *, manual: bool) -> list[str]:
    """The allowed kinds of payment methods, all by default, that fit: a bank debit cannot be captured manually."""
    types = [kind for kind in allowed or ["card", "us_bank_account"] if not (manual and kind == "us_bank_account")]
    if not types:
        raise invalid("None of the allowed payment method types fits.", param="allowed_payment_method_types")
    return types


def _private(params: Body) -> Body:
    wanted = params.get("payment_method_options", {}).get("card", {}).get("request_multicapture")
    return {"multicapture": wanted == "if_available"}


def confirm(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/payment_intents/{id}/confirm`."""
    intent = work.at_path("payment_intent", ids["id"], "intent")
    payments.require_status(intent, payments.CONFIRMABLE, "confirmed")
    _refuse_session(intent)
    changed(intent, {name: params[name] for name in _COPIED if name in params})
    if params.get("payment_method"):
        method = method_for(work, params["payment_method"], intent.body["customer"])
        intent.body["payment_method"] = method.id
    _confirm(work, intent, params)
    return intent.body


def _refuse_session(intent: Record) -> None:
    if intent.private.get("session"):
        message = "The payment intent belongs to a checkout session; its payer confirms it, and expiring cancels it."
        raise invalid(message, executed=True)


def _confirm(work: Work, intent: Record, params: Body) -> None:
    if intent.body["payment_method"] is None:
        message = "The payment intent has no payment method to confirm it with."
        raise invalid(message, param="payment_method", code="payment_intent_unexpected_state")
    method = work.get("payment_method", intent.body["payment_method"])
    if method.body["type"] not in intent.body["payment_method_types"]:
        raise invalid(f"The intent does not accept a {method.body['type']}.", param="payment_method")
    intent.private["return_url"] = params.get("return_url")
    off_session = params.get("off_session", False)
    act = not (off_session or params.get("error_on_requires_action", False))
    decline = payments.attempt(work, intent, method, off_session=off_session, act=act)
    invoice_course.follow_intent(work, intent)
    if decline:
        raise payments.declined(intent, decline)


def capture(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/payment_intents/{id}/capture`."""
    intent = work.at_path("payment_intent", ids["id"], "intent")
    payments.require_status(intent, ("requires_capture",), "captured")
    capturable: int = intent.body["amount_capturable"]
    amount: int = params.get("amount_to_capture", capturable)
    final = params.get("final_capture", True)
    if amount > capturable:
        message = f"The amount to capture is larger than the capturable amount of {capturable}."
        raise invalid(message, param="amount_to_capture", code="amount_too_large", executed=True)
    if not final and not intent.private["multicapture"]:
        raise invalid("final_capture=false needs multicapture, which was not requested.", param="final_capture")
    names = ("metadata", "statement_descriptor", "statement_descriptor_suffix")
    changed(intent, {name: params[name] for name in names if name in params})
    payments.capture(work, intent, amount, final=final or amount == capturable)
    return intent.body


def cancel(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/payment_intents/{id}/cancel`."""
    intent = work.at_path("payment_intent", ids["id"], "intent")
    payments.require_status(intent, payments.CANCELABLE, "canceled")
    if intent.body["status"] != "requires_capture":
        _refuse_session(intent)
    if intent.private.get("invoice"):
        message = "The payment intent belongs to an invoice; it is canceled by voiding that."
        raise invalid(message, code="payment_intent_unexpected_state", executed=True)
    payments.cancel(work, intent, params.get("cancellation_reason"))
    return intent.body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/payment_intents/{id}`: metadata and descriptive fields."""
    intent = work.at_path("payment_intent", ids["id"], "intent")
    changed(intent, params)
    work.save(intent)
    return intent.body


def retrieve(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/payment_intents/{id}`."""
    intent = work.at_path("payment_intent", ids["id"], "intent")
    if params.get("client_secret", intent.body["client_secret"]) != intent.body["client_secret"]:
        raise invalid("The client secret does not belong to this payment intent.", param="client_secret")
    return intent.body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/payment_intents`, newest first."""
    conditions = {"json_extract(body, '$.customer') = ?": params["customer"]} if "customer" in params else {}
    return page_of(work, "payment_intent", "/v1/payment_intents", params, conditions)

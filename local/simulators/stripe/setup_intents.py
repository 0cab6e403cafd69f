"""`/v1/setup_intents`: saving a card without charging it."""

from typing import Any

from local.simulators.stripe.cards import AUTHENTICATION_FAILED, Decline
from local.simulators.stripe.errors import Body, StripeError, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id, random_letters
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.payment_methods import attach, card_of
from local.simulators.stripe.payments import wants_authentication
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group({**EXPAND, "client_secret": Text()})
LIST = Group({**PAGE, "customer": Text(), "payment_method": Text()}, unbuilt="attach_to_self customer_account")

_ABSENT = (
    "allowed_payment_method_types", "application", "automatic_payment_methods", "cancellation_reason", "customer",
    "customer_account", "description", "excluded_payment_method_types", "flow_directions", "last_setup_error",
    "latest_attempt", "mandate", "next_action", "on_behalf_of", "payment_method",
    "payment_method_configuration_details", "single_use_mandate",
)  # fmt: skip
_OPTIONS: Body = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}


def new_setup_intent(work: Work, session: str, fields: Body) -> Record:
    """Store the intent of a checkout session and report it."""
    identifier = new_id("seti")
    body: Body = {
        "id": identifier,
        "object": "setup_intent",
        **dict.fromkeys(_ABSENT),
        "client_secret": f"{identifier}_secret_{random_letters(25)}",
        "created": work.second,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "payment_method_options": {"card": _OPTIONS},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
        **fields,
    }
    intent = work.add("setup_intent", body, {"session": session})
    emit(work, "setup_intent.created", intent)
    return intent


def attempt(work: Work, intent: Record, method: Record) -> Decline | None:
    """Try to save the method. Returns the decline, if any; otherwise the intent's status tells how it went."""
    card = card_of(method)
    intent.body["payment_method"] = method.id
    if wants_authentication(method) and not intent.private.get("authenticated"):
        address = f"{work.public_base}/authenticate/{intent.id}"
        use = {"type": "three_d_secure_redirect", "stripe_js": address, "source": intent.id}
        intent.body.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": use})
        work.save(intent)
        emit(work, "setup_intent.requires_action", intent)
        return None
    if card.decline and not card.saved:
        return _fail(work, intent, method, card.decline)
    method.private["consented"] = bool(intent.private.get("authenticated"))
    work.save(method)
    intent.body.update(status="succeeded", next_action=None, last_setup_error=None)
    work.save(intent)
    return None


def authenticate(work: Work, intent: Record, *, passed: bool) -> Decline | None:
    """The cardholder answered the challenge; a passed one saves the card."""
    if intent.body["status"] != "requires_action":
        message = f"The setup intent is {intent.body['status']}; there is nothing to authenticate."
        raise invalid(message, code="setup_intent_unexpected_state", executed=True)
    method = work.get("payment_method", intent.body["payment_method"])
    if not passed:
        return _fail(work, intent, method, AUTHENTICATION_FAILED)
    intent.private["authenticated"] = True
    return attempt(work, intent, method)


def _fail(work: Work, intent: Record, method: Record, decline: Decline) -> Decline:
    details = {**decline.details(), "code": decline.code.replace("payment_intent", "setup_intent")}
    error = StripeError(402, {"type": "card_error", **details}).error
    intent.body.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent.body["last_setup_error"] = {**error, "payment_method": method.body}
    intent.private["authenticated"] = False
    work.save(intent)
    emit(work, "setup_intent.setup_failed", intent)
    return decline


def complete(work: Work, intent: Record, customer: str | None) -> None:
    """Report a saved card, which is the customer's from now on, if there is one."""
    intent.body["customer"] = customer
    work.save(intent)
    if customer:
        attach(work, work.get("payment_method", intent.body["payment_method"]), customer)
    emit(work, "setup_intent.succeeded", intent)


def cancel(work: Work, intent: Record) -> None:
    """Give up, as the session that asked for it is over."""
    intent.body.update(status="canceled", cancellation_reason="abandoned", next_action=None)
    work.save(intent)
    emit(work, "setup_intent.canceled", intent)


def retrieve(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/setup_intents/{id}`."""
    intent = work.at_path("setup_intent", ids["id"], "intent")
    if params.get("client_secret", intent.body["client_secret"]) != intent.body["client_secret"]:
        raise invalid("The client secret does not belong to this setup intent.", param="client_secret")
    return intent.body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/setup_intents`, newest first."""
    names = ("customer", "payment_method")
    conditions: dict[str, Any] = {
        f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params
    }
    return page_of(work, "setup_intent", "/v1/setup_intents", params, conditions)

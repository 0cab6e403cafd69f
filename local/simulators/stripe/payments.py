"""The life of a payment intent: what each attempt, capture, cancellation and settlement changes and reports."""

from collections.abc import Callable

from local.simulators.stripe import charges, refunds
from local.simulators.stripe.cards import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, DECLINES, Decline
from local.simulators.stripe.errors import Body, StripeError, card_error, unexpected_state
from local.simulators.stripe.events import emit
from local.simulators.stripe.payment_methods import card_of
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (*CONFIRMABLE, "requires_capture")


def require_status(intent: Record, allowed: tuple[str, ...], doing: str) -> None:
    """Refuse an operation the intent's status does not allow."""
    status = intent.body["status"]
    if status not in allowed:
        message = f"The payment intent cannot be {doing} in the status {status}; it needs {' or '.join(allowed)}."
        raise unexpected_state("payment_intent_unexpected_state", message, payment_intent=intent.body)


def attempt(
    work: Work,
    intent: Record,
    method: Record,
    *,
    off_session: bool = False,
    act: bool = True,
    approved: Callable[[Record], None] | None = None,
) -> Decline | None:
    """Try to charge the method. Returns the decline, if any; otherwise the intent's status tells how it went.

    A card that wants its holder's authentication gets it through `authenticate`; with `act` false nobody is asked, and
    that is a decline. `off_session` says that the cardholder is not there. `approved` is called with the method before
    it is charged.
    """
    intent.body["payment_method"] = method.id
    if wants_authentication(method) and not intent.private.get("authenticated"):
        if not act:
            return _decline(work, intent, method, AUTHENTICATION_REQUIRED)
        _ask_for_authentication(work, intent)
        return None
    decline = _verdict(method, off_session=off_session)
    if decline:
        work.save(method)
        return _decline(work, intent, method, decline)
    method.private["used"] = True
    if approved:
        approved(method)
    _keep_for_customer(intent, method)
    work.save(method)
    _charge(work, intent, method)
    return None


def wants_authentication(method: Record) -> bool:
    """Whether the issuer asks the cardholder: some no more once the card was saved with their consent."""
    card = card_of(method)
    return card.authentication and not (card.authentication_once and method.private.get("consented"))


def _verdict(method: Record, *, off_session: bool) -> Decline | None:
    card, ordered = card_of(method), method.private.get("declines")
    if ordered:
        left = ordered["left"] - 1
        method.private["declines"] = {**ordered, "left": left} if left else None
        return DECLINES[ordered["code"]]
    if card.decline or not off_session:
        return card.decline
    seen = method.private.get("declined", 0)
    if card.later and (card.later_times is None or seen < card.later_times):
        method.private["declined"] = seen + 1
        return card.later
    return None


def _keep_for_customer(intent: Record, method: Record) -> None:
    if intent.body["setup_future_usage"] and intent.body["customer"]:
        method.body["customer"] = intent.body["customer"]
        method.private["consented"] = bool(method.private.get("consented") or intent.private.get("authenticated"))


def _ask_for_authentication(work: Work, intent: Record) -> None:
    address = f"{work.public_base}/authenticate/{intent.id}"
    if intent.private.get("return_url"):
        redirect = {"return_url": intent.private["return_url"], "url": address}
        intent.body["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
    else:
        use = {"type": "three_d_secure_redirect", "stripe_js": address, "source": intent.id}
        intent.body["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": use}
    intent.body["status"] = "requires_action"
    work.save(intent)
    emit(work, "payment_intent.requires_action", intent)


def authenticate(
    work: Work, intent: Record, *, passed: bool, approved: Callable[[Record], None] | None = None
) -> Decline | None:
    """The cardholder answered the challenge; a passed one continues the attempt."""
    require_status(intent, ("requires_action",), "authenticated")
    method = work.get("payment_method", intent.body["payment_method"])
    intent.body["next_action"] = None
    if not passed:
        return _without_charge(work, intent, method, AUTHENTICATION_FAILED)
    intent.private["authenticated"] = True
    return attempt(work, intent, method, approved=approved)


def _decline(work: Work, intent: Record, method: Record, decline: Decline) -> Decline:
    charge = charges.new_charge(work, intent, method, status="failed", decline=decline)
    intent.body["latest_charge"] = charge.id
    _without_charge(work, intent, method, decline, charge)
    emit(work, "charge.failed", charge)
    return decline


def _without_charge(
    work: Work, intent: Record, method: Record, decline: Decline, charge: Record | None = None
) -> Decline:
    error = last_error(method, decline, charge)
    intent.body.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent.body["last_payment_error"] = error
    intent.private["authenticated"] = False
    work.save(intent)
    emit(work, "payment_intent.payment_failed", intent)
    return decline


def last_error(method: Record, decline: Decline, charge: Record | None) -> Body:
    """`last_payment_error` of an intent, also the core of the API's card error."""
    error = StripeError(402, {"type": "card_error" if charge else "invalid_request_error", **decline.details()}).error
    return {**error, **({"charge": charge.id} if charge else {}), "payment_method": method.body}


def declined(intent: Record, decline: Decline) -> StripeError:
    """The answer to an API call whose charge was declined; carries the intent as it is now."""
    last = intent.body["last_payment_error"]
    return card_error(decline.details(), payment_intent=intent.body, payment_method=last["payment_method"],
                      charge=last.get("charge"))  # fmt: skip


def _charge(work: Work, intent: Record, method: Record) -> None:
    card = card_of(method)
    if card.is_bank_debit or card.slow:
        _start_debit(work, intent, method)
        return
    charge = charges.new_charge(work, intent, method, status="succeeded")
    intent.body.update(latest_charge=charge.id, last_payment_error=None, next_action=None)
    if intent.body["capture_method"] == "manual":
        _hold(work, intent, charge)
    else:
        _take_at_once(work, intent, charge, at_once=card.available_at_once)


def _hold(work: Work, intent: Record, charge: Record) -> None:
    intent.body.update(status="requires_capture", amount_capturable=intent.body["amount"])
    intent.due = work.now + charges.AUTHORIZATION_SECONDS
    work.save(intent)
    emit(work, "charge.succeeded", charge)
    emit(work, "payment_intent.amount_capturable_updated", intent)


def _take_at_once(work: Work, intent: Record, charge: Record, *, at_once: bool) -> None:
    charges.capture(work, charge, charge.body["amount"], final=True, at_once=at_once)
    transaction = charge.body["balance_transaction"]
    late = intent.body["capture_method"] == "automatic_async"
    intent.body.update(status="succeeded", amount_received=charge.body["amount_captured"])
    work.save(intent, charge)
    if not late:
        emit(work, "charge.succeeded", charge)
    else:
        # With asynchronous capture the balance transaction is not there yet when the charge is reported.
        charge.body["balance_transaction"] = None
        emit(work, "charge.succeeded", charge)
        charge.body["balance_transaction"] = transaction
        emit(work, "charge.updated", charge, {"balance_transaction": None})
    emit(work, "payment_intent.succeeded", intent)


def _start_debit(work: Work, intent: Record, method: Record) -> None:
    charge = charges.new_charge(work, intent, method, status="pending")
    intent.body.update(status="processing", latest_charge=charge.id, last_payment_error=None, next_action=None)
    work.save(intent)
    emit(work, "charge.pending", charge)
    emit(work, "payment_intent.processing", intent)


def settle_debit(work: Work, intent: Record, *, succeeded: bool) -> None:
    """The bank has answered to a debit."""
    require_status(intent, ("processing",), "settled")
    charge = work.get("charge", intent.body["latest_charge"])
    method = work.get("payment_method", intent.body["payment_method"])
    if not succeeded:
        refusal = Decline("payment_intent_payment_attempt_failed", "The bank returned the debit.")
        charge.body.update(status="failed", failure_code="insufficient_funds", failure_message=refusal.message)
        work.save(charge)
        _without_charge(work, intent, method, refusal, charge)
        emit(work, "charge.failed", charge)
        return
    charges.capture(work, charge, charge.body["amount"], final=True, at_once=False)
    charge.body.update(status="succeeded", paid=True)
    intent.body.update(status="succeeded", amount_received=charge.body["amount_captured"])
    work.save(intent, charge)
    emit(work, "charge.succeeded", charge)
    emit(work, "payment_intent.succeeded", intent)


def capture(work: Work, intent: Record, amount: int, *, final: bool) -> None:
    """Take authorised money. The caller has checked status and amount."""
    charge = work.get("charge", intent.body["latest_charge"])
    charges.capture(work, charge, amount, final=final, at_once=False)
    intent.body["amount_received"] += amount
    intent.body["amount_capturable"] = 0 if final else intent.body["amount_capturable"] - amount
    if final:
        intent.body["status"] = "succeeded"
        intent.due = None
    work.save(intent, charge)
    emit(work, "charge.captured", charge)
    emit(work, "payment_intent.succeeded" if final else "payment_intent.amount_capturable_updated", intent)


def cancel(work: Work, intent: Record, reason: str | None) -> None:
    """Give up the payment; an authorisation is released, and told as a refund where nothing was captured of it."""
    released = intent.body["status"] == "requires_capture" and not intent.body["amount_received"]
    intent.body.update(status="canceled", canceled_at=work.second, cancellation_reason=reason, next_action=None)
    intent.due = None
    intent.body["amount_capturable"] = 0
    work.save(intent)
    if released:
        refunds.void(work, work.get("charge", intent.body["latest_charge"]))
    emit(work, "payment_intent.canceled", intent)


def lapse(work: Work, intent: Record) -> None:
    """An authorisation that nobody captured in time."""
    emit(work, "charge.expired", work.get("charge", intent.body["latest_charge"]))
    cancel(work, intent, "expired")

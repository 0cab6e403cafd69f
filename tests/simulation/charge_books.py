"""Direct charges in a provider's books: Stripe's intents, confirmed as they are made, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.simulation.provider_books import Fields, Refused
from tests.simulation.stripe_books import StripeBooks

# What is made is found by a search only after that.
FOUND_AFTER = timedelta(minutes=1)
# What each source comes to, beside those that are charged at once, wait for the buyer, or for a bank.
_DECLINES = {
    "pm_soft": {"code": "card_declined", "decline_code": "insufficient_funds"},
    "pm_hard": {"code": "expired_card", "decline_code": "expired_card"},
    "pm_mistyped": {"code": "incorrect_cvc"},
}
_AUTHENTICATION = {"code": "authentication_required", "decline_code": "authentication_required"}
_NOT_AUTHENTICATED = {"code": "payment_intent_authentication_failure"}
_DEBIT_FAILED = {"code": "payment_method_provider_decline"}
# What a bank says that sets money aside, and would not pay it after all.
BROKE = {"code": "card_declined", "decline_code": "insufficient_funds"}
# Money is set aside of the first, and could still be let go when its bank has declined; the second has ended then.
_BROKE = ("pm_broke", "pm_gone")
_CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
# Money is set aside for so long.
HELD_FOR = timedelta(days=7)


def make_charge(books: StripeBooks, sent: Mapping[str, Any]) -> Fields:
    """The intent, charged or declined. Raises `Refused` where none is made."""
    named = sent["payment_method"]
    source = books.turned.get(f"{sent.get('customer')}/{named}", named)
    if source not in (*_DECLINES, *_BROKE, "pm_ok", "pm_confirm", "pm_slow"):
        raise Refused("amount_too_small" if source == "pm_refused" else "resource_missing")
    id_ = books.new_id("pi")
    nothing: Fields = {"amount": sent["amount"], "next_action": None, "last_payment_error": None}
    intent = books.intents[id_] = books.new_intent(id_, sent, **nothing)
    intent.update(direct=True, capture_method=sent.get("capture_method", "automatic"), source=source)
    if source in _DECLINES:
        _decline(books, intent, _DECLINES[source])
    elif source == "pm_slow":
        books.tell("payment_intent.processing", intent)
    elif source == "pm_ok":
        _agree(books, intent)
    elif source in _BROKE:
        _agree_falsely(books, intent)
    elif "return_url" in sent:
        where = {"type": "redirect_to_url", "redirect_to_url": {"url": f"https://bank.example/{id_}"}}
        intent.update(status="requires_action", next_action=where)
        books.tell("payment_intent.requires_action", intent)
    else:
        _decline(books, intent, _AUTHENTICATION)
    return dict(intent)


def cancel_charge(books: StripeBooks, id_: str) -> Fields:
    """Raises `Refused` for what is done, or with a bank."""
    intent = books.intents[id_]
    if intent["status"] not in _CANCELABLE:
        raise Refused("payment_intent_unexpected_state")
    intent.update(status="canceled", next_action=None, cancellation_reason="abandoned")
    books.tell("payment_intent.canceled", intent)
    return dict(intent)


def capture_charge(books: StripeBooks, id_: str) -> Fields:
    """Raises `Refused` for what is not set aside, or not any more, and where the bank would not pay after all."""
    intent = books.intents[id_]
    if intent["status"] != "requires_capture":
        raise Refused("payment_intent_unexpected_state")
    if intent["source"] == "pm_gone":
        _decline(books, intent, BROKE)
    if intent["source"] in _BROKE:
        raise Refused(BROKE["code"])
    books.captured[id_] = books.clock.now()
    _take(books, intent)
    return dict(intent)


def lapse(books: StripeBooks) -> None:
    """What nobody took in time is let go."""
    until = books.second - HELD_FOR.total_seconds()
    for intent in [*books.intents.values()]:
        if intent["status"] == "requires_capture" and intent["created"] <= until:
            let_lapse(books, intent)


def let_lapse(books: StripeBooks, intent: Fields) -> None:
    """The bank lets it go: in time, or since it thinks better of it."""
    intent.update(status="canceled", cancellation_reason="automatic")
    books.tell("payment_intent.canceled", intent)


def found(books: StripeBooks, payment: str) -> list[Fields]:
    """What a search finds of a payment by now."""
    until = books.second - FOUND_AFTER.total_seconds()
    ours = [each for each in books.intents.values() if each["metadata"]["tollgate_payment"] == payment]
    return [dict(each) for each in ours if each["created"] <= until]


def confirm_charge(books: StripeBooks, intent: Fields, *, passed: bool) -> None:
    """The buyer at their bank's page."""
    if intent["status"] != "requires_action":
        return
    intent["next_action"] = None
    if passed:
        _agree(books, intent)
    else:
        _decline(books, intent, _NOT_AUTHENTICATED)


def end_charge(books: StripeBooks, intent: Fields, *, succeeds: bool) -> None:
    """What becomes of one that took days."""
    if not intent["direct"] or intent["status"] != "processing":
        return
    if succeeds:
        _take(books, intent)
    else:
        _decline(books, intent, _DEBIT_FAILED)


def _agree(books: StripeBooks, intent: Fields) -> None:
    """The bank would pay: the money is taken, or set aside where no more is wanted."""
    if intent["capture_method"] != "manual":
        _take(books, intent)
        return
    intent["status"] = "requires_capture"
    books.tell("payment_intent.amount_capturable_updated", intent)


def _agree_falsely(books: StripeBooks, intent: Fields) -> None:
    if intent["capture_method"] == "manual":
        _agree(books, intent)
    else:
        _decline(books, intent, BROKE)


def _take(books: StripeBooks, intent: Fields) -> None:
    intent.update(status="succeeded", amount_received=intent["amount"], taken_at=books.second)
    books.tell("payment_intent.succeeded", intent)


def _decline(books: StripeBooks, intent: Fields, error: Fields) -> None:
    intent.update(status="requires_payment_method", last_payment_error=error)
    books.tell("payment_intent.payment_failed", intent)

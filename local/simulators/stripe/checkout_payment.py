"""The payer's side of a checkout session: paying, authenticating, and running out of time."""

from functools import partial

from local.simulators.stripe import checkout_subscription, invoice_course, payments, setup_intents
from local.simulators.stripe.cards import Decline, TestCard
from local.simulators.stripe.errors import Body, unexpected_state
from local.simulators.stripe.events import emit
from local.simulators.stripe.payment_intent_shapes import new_intent
from local.simulators.stripe.payment_methods import billing_details, new_method
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_FAR_ENOUGH = ("succeeded", "requires_capture", "processing")


def customer_details(email: str | None, name: str | None = None) -> Body:
    """What a session knows of its payer."""
    absent = dict.fromkeys(("address", "business_name", "individual_name", "phone"))
    return {**absent, "email": email, "name": name, "tax_exempt": "none", "tax_ids": []}


def needs_card(session: Record) -> bool:
    """Whether a payer must give a card: not for a trial whose session says so."""
    body = session.body
    free = body["mode"] == "subscription" and body["amount_total"] == 0
    return not (free and body["payment_method_collection"] == "if_required")


def pay(work: Work, session: Record, instrument: TestCard | Decline | None, payer: Body) -> Decline | None:
    """Try to pay an open session; `payer` has `email` and `name`. Returns the decline, if any; the session stays open.

    A number that is no test card is refused before anything is charged, and so is no instrument where one is needed.
    Raises for a session that is not open.
    """
    if session.body["status"] != "open":
        raise unexpected_state("checkout_session_not_open", f"The session is {session.body['status']}.")
    if isinstance(instrument, Decline):
        return instrument
    session.private["payer"] = payer
    work.save(session)
    if instrument is None:
        _complete(work, session, None)
        return None
    method = new_method(work, instrument, billing_details(payer.get("email"), payer.get("name")))
    intent = _intent_of(work, session)
    if intent.kind == "setup_intent":
        decline = setup_intents.attempt(work, intent, method)
    else:
        decline = payments.attempt(work, intent, method, approved=_approved(work, session, intent))
    if decline is None:
        follow(work, session, intent)
    return decline


def _approved(work: Work, session: Record, intent: Record) -> partial[None] | None:
    subscribes = session.body["mode"] == "subscription"
    return partial(checkout_subscription.keep_card, work, session, intent) if subscribes else None


def intent_of(work: Work, session: Record) -> Record | None:
    """What a session has begun, if it has: a payment intent, or a setup intent where nothing is paid now."""
    return work.tx.find(session.private["intent"] or "")


def _intent_of(work: Work, session: Record) -> Record:
    begun = intent_of(work, session)
    if begun:
        return begun
    if session.body["mode"] == "subscription" and session.body["amount_total"] == 0:
        intent = setup_intents.new_setup_intent(work, session.id, {"customer": session.body["customer"]})
    else:
        intent = new_intent(work, _intent_fields(session), {"session": session.id})
    session.private["intent"] = intent.id
    work.save(session)
    return intent


def _intent_fields(session: Record) -> Body:
    body = session.body
    known = {name: body[name] for name in ("currency", "customer", "payment_method_types")}
    if body["mode"] == "subscription":
        return {**known, **invoice_course.first_intent_fields({**body, "amount_due": body["amount_total"]})}
    return {"amount": body["amount_total"], **known, **session.private["intent_data"]}


def follow(work: Work, session: Record, intent: Record) -> None:
    """Complete the session once its intent got as far as the payer can take it."""
    if intent.body["status"] in _FAR_ENOUGH:
        _complete(work, session, intent)


def _complete(work: Work, session: Record, intent: Record | None) -> None:
    payer = session.private.get("payer", {})
    known = session.body["customer_details"] or {}
    details = customer_details(payer.get("email") or known.get("email"), payer.get("name"))
    session.body.update(status="complete", customer_details=details, url=None)
    session.due = None
    if session.body["mode"] == "payment":
        session.body["payment_intent"] = intent.id if intent else None
    if session.body["mode"] == "setup" or (intent and intent.kind == "setup_intent"):
        _save_card(work, session, intent)
    session.body["payment_status"] = _payment_status(intent)
    if session.body["mode"] == "subscription":
        paying = intent if intent and intent.kind == "payment_intent" else None
        checkout_subscription.complete(work, session, paying, intent.body["payment_method"] if intent else None)
    work.save(session)
    emit(work, "checkout.session.completed", session)


def _save_card(work: Work, session: Record, intent: Record | None) -> None:
    if intent:
        subscribes = session.body["mode"] == "subscription"
        customer = checkout_subscription.customer_of(work, session) if subscribes else session.body["customer"]
        setup_intents.complete(work, intent, customer)


def _payment_status(intent: Record | None) -> str:
    if intent is None or intent.kind == "setup_intent":
        return "no_payment_required"
    return "paid" if intent.body["status"] == "succeeded" else "unpaid"


def settle_debit(work: Work, intent: Record, *, succeeded: bool) -> None:
    """The bank's answer to a debit, for the intent and for the session or the invoice it pays, if it has one."""
    payments.settle_debit(work, intent, succeeded=succeeded)
    invoice_course.follow_intent(work, intent)
    identifier = intent.private.get("session")
    if not identifier:
        return
    session = work.get("checkout.session", identifier)
    if succeeded:
        session.body["payment_status"] = "paid"
        work.save(session)
    emit(work, f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)


def authenticate(work: Work, intent: Record, *, passed: bool) -> Decline | None:
    """The cardholder's answer to the challenge, for the intent and for the session or invoice that it pays."""
    identifier = intent.private.get("session")
    session = work.get("checkout.session", identifier) if identifier else None
    if intent.kind == "setup_intent":
        decline = setup_intents.authenticate(work, intent, passed=passed)
    else:
        approved = _approved(work, session, intent) if session else None
        decline = payments.authenticate(work, intent, passed=passed, approved=approved)
    if session is None:
        invoice_course.follow_intent(work, intent)
    elif decline is None:
        follow(work, session, intent)
    return decline


def expire(work: Work, session: Record) -> None:
    """Close an open session unpaid; an intent it has begun is canceled."""
    session.body.update(status="expired", url=None)
    session.due = None
    work.save(session)
    intent = intent_of(work, session)
    if intent and intent.kind == "setup_intent":
        setup_intents.cancel(work, intent)
    elif intent and intent.body["status"] in payments.CONFIRMABLE:
        payments.cancel(work, intent, "automatic")
    emit(work, "checkout.session.expired", session)

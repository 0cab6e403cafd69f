"""The payer's side of a checkout session: paying, authenticating, and running out of time."""

from local.simulators.stripe import payments
from local.simulators.stripe.cards import Decline, TestCard
from local.simulators.stripe.errors import Body, unexpected_state
from local.simulators.stripe.events import emit
from local.simulators.stripe.payment_intents import new_intent
from local.simulators.stripe.payment_methods import billing_details, new_method
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def customer_details(email: str | None, name: str | None = None) -> Body:
    """What a session knows of its payer."""
    absent = dict.fromkeys(("address", "business_name", "individual_name", "phone"))
    return {**absent, "email": email, "name": name, "tax_exempt": "none", "tax_ids": []}


def pay(work: Work, session: Record, instrument: TestCard | Decline, payer: Body) -> Decline | None:
    """Try to pay an open session; `payer` has `email` and `name`. Returns the decline, if any; the session stays open.

    A number that is no test card is refused before anything is charged. Raises for a session that is not open.
    """
    if session.body["status"] != "open":
        raise unexpected_state("checkout_session_not_open", f"The session is {session.body['status']}.")
    if isinstance(instrument, Decline):
        return instrument
    intent = _intent_of(work, session)
    method = new_method(work, instrument, billing_details(payer.get("email"), payer.get("name")))
    session.private["payer"] = payer
    work.save(session)
    decline = payments.attempt(work, intent, method)
    if decline is None:
        follow(work, session, intent)
    return decline


def _intent_of(work: Work, session: Record) -> Record:
    if session.private["intent"]:
        return work.get("payment_intent", session.private["intent"])
    data = session.private["intent_data"]
    fields = {
        "amount": session.body["amount_total"],
        "currency": session.body["currency"],
        "customer": session.body["customer"],
        "payment_method_types": session.body["payment_method_types"],
        **data,
    }
    intent = new_intent(work, fields, {"session": session.id})
    session.private["intent"] = intent.id
    work.save(session)
    return intent


def follow(work: Work, session: Record, intent: Record) -> None:
    """Complete the session once its intent got as far as the payer can take it."""
    status = intent.body["status"]
    if status not in ("succeeded", "requires_capture", "processing"):
        return
    payer = session.private.get("payer", {})
    known = session.body["customer_details"] or {}
    details = customer_details(payer.get("email") or known.get("email"), payer.get("name"))
    session.body.update(
        status="complete",
        payment_status="paid" if status == "succeeded" else "unpaid",
        payment_intent=intent.id,
        customer_details=details,
        url=None,
    )
    session.due = None
    work.save(session)
    emit(work, "checkout.session.completed", session)


def settle_debit(work: Work, intent: Record, *, succeeded: bool) -> None:
    """The bank's answer to a debit, for the intent and for the session it pays, if it has one."""
    payments.settle_debit(work, intent, succeeded=succeeded)
    identifier = intent.private.get("session")
    if not identifier:
        return
    session = work.get("checkout.session", identifier)
    if succeeded:
        session.body["payment_status"] = "paid"
        work.save(session)
    emit(work, f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)


def authenticate(work: Work, intent: Record, *, passed: bool) -> Decline | None:
    """The cardholder's answer to the challenge, for the intent and for the session it pays, if it has one."""
    decline = payments.authenticate(work, intent, passed=passed)
    if intent.private.get("session") and decline is None:
        follow(work, work.get("checkout.session", intent.private["session"]), intent)
    return decline


def expire(work: Work, session: Record) -> None:
    """Close an open session unpaid; an intent it has begun is canceled."""
    session.body.update(status="expired", url=None)
    session.due = None
    work.save(session)
    if session.private["intent"]:
        intent = work.get("payment_intent", session.private["intent"])
        if intent.body["status"] in payments.CONFIRMABLE:
            payments.cancel(work, intent, "automatic")
    emit(work, "checkout.session.expired", session)

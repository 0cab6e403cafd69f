"""What the control endpoints do. The first line of each docstring is what `GET /control` says of it."""

from local.simulators.stripe import checkout_payment, control_state, deliveries, faults, refunds
from local.simulators.stripe.cards import BANK_DEBIT, card_of_number
from local.simulators.stripe.control_input import BadControl
from local.simulators.stripe.errors import Body
from local.simulators.stripe.pages import success_address
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def state(work: Work, _id: str, fields: Body) -> Body:
    """Counts, captured money per payment intent, and the newest sessions, intents, refunds, disputes, accounts,
    transfers, payouts, events and deliveries.
    """
    return control_state.state(work, fields["limit"])


def pay(work: Work, identifier: str, fields: Body) -> Body:
    """Pay a session without a browser; a card that needs authentication leaves the session open."""
    session = named(work, "checkout.session", identifier)
    _require_open(session)
    if fields["method"] == "bank_debit" and "us_bank_account" not in session.body["payment_method_types"]:
        raise BadControl("method", "the session does not accept a bank debit", 409)
    instrument = None if fields["method"] == "none" else card_of_number(fields["card"])
    if fields["method"] == "none" and checkout_payment.needs_card(session):
        raise BadControl("method", "the session wants a card", 409)
    if fields["method"] == "bank_debit":
        instrument = BANK_DEBIT
    payer = {"email": fields["email"] or session.body["customer_email"], "name": None}
    decline = checkout_payment.pay(work, session, instrument, payer)
    paid = session.body["status"] == "complete"
    outcome = "declined" if decline else session.body["payment_status"] if paid else "requires_action"
    intent = checkout_payment.intent_of(work, session)
    return {
        "outcome": outcome,
        "decline": decline.details() if decline else None,
        "payment_intent": intent.id if intent and intent.kind == "payment_intent" else None,
        "setup_intent": intent.id if intent and intent.kind == "setup_intent" else None,
        "session": session.body,
        "redirect": success_address(session.body) if paid else None,
    }


def _require_open(session: Record) -> None:
    if session.body["status"] != "open":
        raise BadControl("id", f"the session is {session.body['status']}", 409)


def expire(work: Work, identifier: str, _fields: Body) -> Body:
    """Expire an open session now, as if its time had run out."""
    session = named(work, "checkout.session", identifier)
    _require_open(session)
    checkout_payment.expire(work, session)
    return session.body


def authenticate(work: Work, identifier: str, fields: Body) -> Body:
    """Answer the bank's challenge for a payment intent, or a setup intent, that requires action."""
    intent = named(work, "setup_intent" if identifier.startswith("seti_") else "payment_intent", identifier)
    checkout_payment.authenticate(work, intent, passed=fields["outcome"] == "succeeded")
    return intent.body


def settle_async(work: Work, identifier: str, fields: Body) -> Body:
    """Let a bank debit that is processing succeed or fail."""
    intent = named(work, "payment_intent", identifier)
    checkout_payment.settle_debit(work, intent, succeeded=fields["outcome"] == "succeeded")
    return intent.body


def settle_refund(work: Work, identifier: str, fields: Body) -> Body:
    """Give a refund that is not final its outcome now; `requires_action` makes it one that can be canceled."""
    refund = named(work, "refund", identifier)
    refunds.settle(work, refund, fields["outcome"])
    return refund.body


def webhook_fault(work: Work, _id: str, fields: Body) -> Body:
    """Order a fault for the next events: duplicate (copies), delay (seconds), drop, reorder (hold `times`, release
    reversed). `types` limits it to those event types.
    """
    rule = {
        "kind": fields["kind"], "left": fields["times"], "types": list(fields["types"]),
        "seconds": fields["seconds"], "copies": fields["copies"],
    }  # fmt: skip
    deliveries.order_fault(work.tx, rule)
    return {"ordered": rule}


def no_webhook_faults(work: Work, _id: str, _fields: Body) -> Body:
    """Forget webhook faults not yet used, and release what is held."""
    deliveries.cancel_faults(work.tx)
    return {"released": deliveries.release(work.tx)}


def release(work: Work, _id: str, _fields: Body) -> Body:
    """Release held deliveries now, last one first."""
    return {"released": deliveries.release(work.tx)}


def pause(work: Work, _id: str, _fields: Body) -> Body:
    """Stop sending webhooks; they wait."""
    work.tx.execute("INSERT OR IGNORE INTO switches (name) VALUES (?)", (deliveries.PAUSED,))
    return {"paused": True}


def resume(work: Work, _id: str, _fields: Body) -> Body:
    """Send webhooks again."""
    work.tx.execute("DELETE FROM switches WHERE name = ?", (deliveries.PAUSED,))
    return {"paused": False}


def resend(work: Work, identifier: str, fields: Body) -> Body:
    """Deliver an event again, also one that was dropped."""
    event = named(work, "event", identifier)
    deliveries.resend(work.tx, event.body, fields["times"])
    return {"event": event.id, "deliveries": control_state.deliveries_of(work, event.id)}


def api_fault(work: Work, _id: str, fields: Body) -> Body:
    """Order a fault for the next API calls: 429, 500, 503, timeout (hang), drop (work, then hang up), reset (no work),
    slow_body. `work` of timeout: first, last or never; of 500: first or never.
    """
    default = "first" if fields["kind"] == "timeout" else "never"
    rule = {
        "kind": fields["kind"], "left": fields["times"], "method": fields["method"], "path": fields["path"],
        "seconds": fields["seconds"], "work": fields["work"] or default, "retry_after": fields["retry_after"],
    }  # fmt: skip
    if rule["kind"] == "500" and rule["work"] == "last":
        raise BadControl("work", "must be first or never for 500")
    faults.order(work.tx, rule)
    return {"ordered": rule}


def no_api_faults(work: Work, _id: str, _fields: Body) -> Body:
    """Forget API faults not yet used."""
    faults.cancel(work.tx)
    return {"ordered": None}


def reset(work: Work, _id: str, _fields: Body) -> Body:
    """Forget everything: objects, events, deliveries, idempotency keys, faults."""
    work.tx.clear()
    return {"reset": True}


def named(work: Work, kind: str, identifier: str) -> Record:
    """The object the address names, of whatever account; a 404 when there is none."""
    record = work.tx.everywhere().find(identifier, kind)
    if record is None:
        raise BadControl("id", f"there is no {kind} {identifier}", 404)
    return record

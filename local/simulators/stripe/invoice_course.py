"""The life of an invoice: a draft, then open with a payment intent of its own, then paid, void or uncollectible."""

from local.simulators.stripe import invoice_payments, payments
from local.simulators.stripe.cards import Decline
from local.simulators.stripe.currencies import smallest_charge
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.invoice_items import line_of, take_up
from local.simulators.stripe.invoice_shapes import Line, invoice_body
from local.simulators.stripe.payment_intent_shapes import new_intent
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_status import follow
from local.simulators.stripe.work import Work

_PURPOSES = {"subscription_create": "Subscription creation", "manual": "Payment for Invoice"}


def new_invoice(
    work: Work, customer: Record, currency: str, reason: str, subscription: Record | None,
    lines: list[Line], items: list[Record] | None = None,
) -> Record:  # fmt: skip
    """A draft of the given lines and of the pending items that it takes up. The caller notes it as the latest one."""
    waiting = items or []
    taken = [line_of(item) for item in waiting]
    invoice = work.add("invoice", invoice_body(work, customer, currency, reason, subscription, taken + lines))
    invoice.body["webhooks_delivered_at"] = work.second
    take_up(work, waiting, invoice)
    work.save(invoice)
    emit(work, "invoice.created", invoice)
    return invoice


def go_on(work: Work, invoice: Record) -> None:
    """The hour of a renewal's draft is over: it is charged, the cardholder being away."""
    if invoice.body["status"] == "draft" and invoice.body["auto_advance"]:
        finalize(work, invoice)
        if invoice.body["status"] == "open":
            collect(work, invoice, off_session=True)


def finalize(work: Work, invoice: Record, intent: Record | None = None) -> None:
    """Close a draft to changes. One of nothing is paid at once; any other gets a payment intent, or the one given.

    The customer's balance counts first; less than a card can be charged is left to the next invoice.
    """
    body, customer = invoice.body, work.get("customer", invoice.body["customer"])
    owed = body["total"] + customer.body["balance"]
    due = owed if owed >= smallest_charge(body["currency"]) else 0
    body.update(
        amount_due=due, amount_remaining=due, starting_balance=customer.body["balance"], ending_balance=owed - due,
        effective_at=work.second, status="open",
        number=f"{customer.body['invoice_prefix']}-{customer.body['next_invoice_sequence']:04}",
    )  # fmt: skip
    body["status_transitions"]["finalized_at"] = work.second
    _settle_balance(work, customer, owed - due)
    if due:
        intent = intent or _intent_of(work, invoice)
        intent.private["invoice"] = invoice.id
        work.save(intent)
        invoice.private["intent"] = intent.id
        invoice_payments.new_invoice_payment(work, invoice, intent.id)
    work.save(invoice)
    emit(work, "invoice.finalized", invoice)
    if not due:
        _pay(work, invoice, None)


def _settle_balance(work: Work, customer: Record, balance: int) -> None:
    previous = {"balance": customer.body["balance"]}
    customer.body.update(balance=balance, next_invoice_sequence=customer.body["next_invoice_sequence"] + 1)
    work.save(customer)
    if previous["balance"] != balance:
        emit(work, "customer.updated", customer, previous)


def _intent_of(work: Work, invoice: Record) -> Record:
    reason = invoice.body["billing_reason"]
    return new_intent(work, first_intent_fields(invoice.body) if reason == "subscription_create" else {
        **first_intent_fields(invoice.body),
        "description": _PURPOSES.get(reason, "Subscription update"), "setup_future_usage": None,
    })  # fmt: skip


def first_intent_fields(billed: Body) -> Body:
    """The payment intent of a subscription's first invoice. It carries nothing of the merchant's."""
    return {
        "amount": billed["amount_due"],
        "capture_method": "automatic",
        "currency": billed["currency"],
        "customer": billed["customer"],
        "description": _PURPOSES["subscription_create"],
        "setup_future_usage": "off_session",
    }


def method_to_charge(work: Work, invoice: Record) -> Record | None:
    """What an invoice is charged to: its own method, or its subscription's, or its customer's."""
    subscription = None
    if invoice.body["parent"]:
        subscription = work.tx.find(invoice.body["parent"]["subscription_details"]["subscription"], "subscription")
    customer = work.get("customer", invoice.body["customer"])
    names = (
        invoice.body["default_payment_method"],
        subscription.body["default_payment_method"] if subscription else None,
        customer.body["invoice_settings"]["default_payment_method"],
    )
    found = (work.tx.find(name, "payment_method") for name in names if name)
    return next((each for each in found if each and each.body["customer"] == customer.id), None)


def collect(work: Work, invoice: Record, *, off_session: bool, method: Record | None = None) -> Decline | None:
    """Try to charge an open invoice. Returns the decline, if any; otherwise its intent tells how it went.

    Only the first try counts: Stripe counts its own retries, which are off, and not those that a merchant makes.
    """
    intent = work.get("payment_intent", invoice.private["intent"])
    method = method or method_to_charge(work, invoice)
    invoice.body["attempt_count"] = max(1, invoice.body["attempt_count"])
    decline = payments.attempt(work, intent, method, off_session=off_session) if method else None
    _follow(work, invoice, intent)
    return decline


def follow_intent(work: Work, intent: Record) -> None:
    """Let the invoice of an intent, if it has one, follow what became of the intent."""
    if intent.private.get("invoice"):
        _follow(work, work.get("invoice", intent.private["invoice"]), intent)


def _follow(work: Work, invoice: Record, intent: Record) -> None:
    status = intent.body["status"]
    invoice.private["processing"] = status == "processing"
    if status == "succeeded":
        _pay(work, invoice, intent)
        return
    before = {name: invoice.body[name] for name in ("attempted", "auto_advance")}
    invoice.body.update(attempted=True, auto_advance=False)
    work.save(invoice)
    if status != "processing":
        if status == "requires_action":
            emit(work, "invoice.payment_action_required", invoice)
        emit(work, "invoice.payment_failed", invoice)
    changed = {name: value for name, value in before.items() if invoice.body[name] != value}
    if changed:
        emit(work, "invoice.updated", invoice, changed)
    follow(work, invoice)


def _pay(work: Work, invoice: Record, intent: Record | None) -> None:
    due = invoice.body["amount_due"]
    invoice.body.update(status="paid", amount_paid=due, amount_remaining=0, attempted=True, auto_advance=False)
    invoice.body["status_transitions"]["paid_at"] = work.second
    invoice.due = None
    work.save(invoice)
    emit(work, "invoice.paid", invoice)
    emit(work, "invoice.payment_succeeded", invoice)
    for payment in invoice_payments.of_invoice(work, invoice.id):
        payment.body.update(status="paid", amount_paid=due)
        payment.body["status_transitions"]["paid_at"] = work.second
        work.save(payment)
        emit(work, "invoice_payment.paid", payment)
    follow(work, invoice, intent.body["payment_method"] if intent else None)


def void(work: Work, invoice: Record) -> None:
    """Give up an invoice that is open or uncollectible, and its payment intent. Raises a 400 for any other."""
    _require(invoice, ("open", "uncollectible"), "voided")
    if invoice.private.get("processing"):
        raise invalid(f"A payment of the invoice {invoice.id} is being processed.", executed=True)
    invoice.body.update(status="void", auto_advance=False)
    invoice.body["status_transitions"]["voided_at"] = work.second
    work.save(invoice)
    intent = work.tx.find(invoice.private.get("intent") or "", "payment_intent")
    if intent and intent.body["status"] in payments.CANCELABLE:
        payments.cancel(work, intent, "void_invoice")
    for payment in invoice_payments.of_invoice(work, invoice.id):
        payment.body["status"] = "canceled"
        payment.body["status_transitions"]["canceled_at"] = work.second
        work.save(payment)
    emit(work, "invoice.voided", invoice)
    follow(work, invoice)


def write_off(work: Work, invoice: Record) -> None:
    """Expect an open invoice to stay unpaid. Raises a 400 for any other."""
    _require(invoice, ("open",), "marked as uncollectible")
    invoice.body.update(status="uncollectible", auto_advance=False)
    invoice.body["status_transitions"]["marked_uncollectible_at"] = work.second
    invoice.body["status_details"] = {"uncollectible": {"reason": "user_forgiven"}}
    work.save(invoice)
    emit(work, "invoice.marked_uncollectible", invoice)
    follow(work, invoice)


def _require(invoice: Record, allowed: tuple[str, ...], doing: str) -> None:
    if invoice.body["status"] not in allowed:
        states = " or ".join(allowed)
        message = f"The invoice {invoice.id} is {invoice.body['status']}; only one that is {states} can be {doing}."
        raise invalid(message, executed=True)


def preview(work: Work, subscription: Record, reason: str, lines: list[Line], start: int, end: int) -> Body:
    """An invoice that nobody has made."""
    customer = work.get("customer", subscription.body["customer"])
    body = invoice_body(work, customer, subscription.body["currency"], reason, subscription, lines)
    return {**body, "id": new_id("upcoming_in"), "created": end, "period_start": start, "period_end": end}

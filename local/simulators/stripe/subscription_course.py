"""The life of a subscription: its start, its periods, its trial, its pauses and its end."""

import copy
from collections.abc import Callable, Sequence

from local.simulators.stripe import invoice_course, invoice_items
from local.simulators.stripe.errors import Body
from local.simulators.stripe.events import emit
from local.simulators.stripe.invoice_shapes import Line, period_line
from local.simulators.stripe.periods import following
from local.simulators.stripe.prorations import credit
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_reports import report
from local.simulators.stripe.subscription_schedule import item_of, moments, schedule
from local.simulators.stripe.subscription_shapes import Terms, subscription_body
from local.simulators.stripe.subscription_status import end, invoices_of
from local.simulators.stripe.work import Work


def begin(work: Work, terms: Terms, status: str) -> tuple[Record, Record]:
    """Start a subscription in the given status, with the draft of its first invoice. In a trial that is of nothing."""
    anchor = terms.trial_end or work.second
    period_end = following(anchor, terms.price["recurring"], work.second)
    subscription = work.add("subscription", subscription_body(work, terms, status, period_end))
    invoice = bill(work, subscription, "subscription_create", [current_period(work, subscription)])
    schedule(subscription)
    work.save(subscription)
    emit(work, "customer.subscription.created", subscription)
    return subscription, invoice


def current_period(work: Work, subscription: Record) -> Line:
    """The line of the period that the subscription is in."""
    item, trial = item_of(subscription), subscription.body["status"] == "trialing"
    start, end = item["current_period_start"], item["current_period_end"]
    return period_line(work, item["price"], item["quantity"], start, end, trial=trial)


def bill(work: Work, subscription: Record, reason: str, lines: list[Line], items: list[Record] | None = None) -> Record:
    """A draft for a subscription, which is its latest invoice from now on. The caller saves the subscription."""
    customer = work.get("customer", subscription.body["customer"])
    currency = subscription.body["currency"]
    invoice = invoice_course.new_invoice(work, customer, currency, reason, subscription, lines, items)
    subscription.body["latest_invoice"] = invoice.id
    own = [line for line in invoice.body["lines"]["data"] if line["parent"]["type"] == "subscription_item_details"]
    charged = [line for line in own if line["amount"] >= 0]
    if charged:
        note_debit(subscription, charged[-1]["amount"], charged[-1]["period"], (invoice.id, charged[-1]["id"]))
    return invoice


def note_debit(subscription: Record, amount: int, period: Body, line: tuple[str, str] | None = None) -> None:
    """Remember what was charged for which time and where, as a later credit gives back a share of that."""
    invoice, identifier = line or (None, None)
    subscription.private["debit"] = {"amount": amount, **period, "invoice": invoice, "line": identifier}


def go_on(work: Work, subscription: Record) -> None:
    """Let happen what is due first."""
    to_come = moments(subscription)
    if to_come and to_come[0][0] <= work.now:
        _STEPS[to_come[0][1]](work, subscription)
    else:
        schedule(subscription)
        work.save(subscription)


def _expire(work: Work, subscription: Record) -> None:
    before = copy.deepcopy(subscription.body)
    end(work, subscription, None, status="incomplete_expired")
    void_first(work, subscription)
    report(work, subscription, before)


def void_first(work: Work, subscription: Record) -> None:
    """Void the first invoice of a subscription that never became active."""
    invoice = work.get("invoice", subscription.body["latest_invoice"])
    if invoice.body["status"] == "open":
        invoice_course.void(work, invoice)


def _forget_update(work: Work, subscription: Record) -> None:
    """The invoice of a pending change is given up, and with it the change."""
    for invoice in invoices_of(work, subscription.id):
        if invoice.private.get("for_update") and invoice.body["status"] == "open":
            invoice_course.void(work, invoice)


def _cancel(work: Work, subscription: Record) -> None:
    end(work, subscription, "cancellation_requested")
    waiting = invoice_items.pending(work, subscription.body["customer"], subscription.id)
    if waiting:
        last = bill(work, subscription, "subscription_cycle", [], waiting)
        last.due = work.now + work.invoice_draft
        work.save(last, subscription)


def _cycle(work: Work, subscription: Record) -> None:
    body, before = subscription.body, copy.deepcopy(subscription.body)
    if body["status"] == "trialing" and not _has_method(work, subscription):
        missing = body["trial_settings"]["end_behavior"]["missing_payment_method"]
        if missing == "cancel":
            end(work, subscription, "payment_failed")
            return
        if missing == "pause":
            pause(work, subscription, "trial_end_without_payment_method")
            return
    item = item_of(subscription)
    started, ended = item["current_period_start"], item["current_period_end"]
    next_end = following(body["billing_cycle_anchor"], item["price"]["recurring"], ended)
    item.update(current_period_start=ended, current_period_end=next_end)
    body["status"] = "active" if body["status"] == "trialing" else body["status"]
    waiting = invoice_items.pending(work, body["customer"], subscription.id)
    invoice = bill(work, subscription, "subscription_cycle", [current_period(work, subscription)], waiting)
    invoice.body.update(period_start=started, period_end=ended)
    report(work, subscription, before)
    _leave_draft(work, subscription, invoice)


def _has_method(work: Work, subscription: Record) -> bool:
    customer = work.get("customer", subscription.body["customer"])
    default = customer.body["invoice_settings"]["default_payment_method"]
    return bool(subscription.body["default_payment_method"] or default)


def _leave_draft(work: Work, subscription: Record, invoice: Record) -> None:
    """A draft is charged after its hour, unless collection is paused or given up."""
    behavior = (subscription.body["pause_collection"] or {}).get("behavior")
    if behavior == "keep_as_draft" or subscription.body["status"] == "unpaid":
        invoice.body["auto_advance"] = False
    elif behavior is None:
        invoice.body["automatically_finalizes_at"] = int(work.now + work.invoice_draft)
        invoice.due = work.now + work.invoice_draft
    work.save(invoice)
    if behavior in ("void", "mark_uncollectible"):
        invoice_course.finalize(work, invoice)
        if invoice.body["status"] == "open":
            give_up = invoice_course.void if behavior == "void" else invoice_course.write_off
            give_up(work, invoice)


def pause(work: Work, subscription: Record, reason: str) -> None:
    """Stop a subscription's periods until it is resumed."""
    before = copy.deepcopy(subscription.body)
    paused = {"subscription": {"type": reason}, "transitioned_at": work.second, "type": "subscription"}
    subscription.body.update(status="paused", status_details={"paused": paused})
    report(work, subscription, before, "customer.subscription.paused")


def collect_again(work: Work, subscription: Record) -> None:
    """Let the pause of collection end; drafts that were kept stay drafts."""
    before = copy.deepcopy(subscription.body)
    subscription.body["pause_collection"] = None
    report(work, subscription, before)


def _announce_trial_end(work: Work, subscription: Record) -> None:
    subscription.private["warned"] = subscription.body["trial_end"]
    schedule(subscription)
    work.save(subscription)
    emit(work, "customer.subscription.trial_will_end", subscription)


def _announce_renewal(work: Work, subscription: Record) -> None:
    subscription.private["announced"] = item_of(subscription)["current_period_end"]
    schedule(subscription)
    work.save(subscription)
    emit(work, "invoice.upcoming", Record("invoice", upcoming(work, subscription)))


def upcoming(work: Work, subscription: Record, changes: Sequence[Line] = ()) -> Body:
    """What the next renewal will ask for, as things stand, with the lines that a change adds. It is stored nowhere."""
    item = item_of(subscription)
    start = item["current_period_end"]
    next_end = following(subscription.body["billing_cycle_anchor"], item["price"]["recurring"], start)
    waiting = invoice_items.pending(work, subscription.body["customer"], subscription.id)
    whole = period_line(work, item["price"], item["quantity"], start, next_end)
    lines = [*map(invoice_items.line_of, waiting), *changes, whole]
    return invoice_course.preview(work, subscription, "upcoming", lines, item["current_period_start"], start)


def restart(work: Work, subscription: Record, *, credited: bool) -> list[Line]:
    """Begin a new period now, the anchor of all that follow. Returns what the old one gives back and this one costs."""
    body, item = subscription.body, item_of(subscription)
    lines = credit(work, subscription, work.second) if credited else []
    next_end = following(work.second, item["price"]["recurring"], work.second)
    item.update(current_period_start=work.second, current_period_end=next_end)
    body["billing_cycle_anchor"] = work.second
    return [*lines, current_period(work, subscription)]


_STEPS: dict[str, Callable[[Work, Record], None]] = {
    "expire": _expire,
    "forget_update": _forget_update,
    "cancel": _cancel,
    "cycle": _cycle,
    "collect": collect_again,
    "announce_trial_end": _announce_trial_end,
    "announce_renewal": _announce_renewal,
}

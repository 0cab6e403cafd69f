"""The status of a subscription, which follows its invoices, and its end.

Source: Stripe's description of subscription statuses: the latest finalized invoice counts, and one that is void counts
as if it had never been.
"""

import copy

from local.simulators.stripe import pending_updates
from local.simulators.stripe.events import emit
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_reports import report
from local.simulators.stripe.subscription_schedule import ENDED, schedule
from local.simulators.stripe.work import Work

AFTER_FAILURE = ("past_due", "unpaid", "canceled")
"""What the account lets become of a subscription whose renewal failed, as no payment is retried by itself."""
_SWITCH = "after_failure:"
_PAYS_NOTHING = ("trialing", "paused", *ENDED)


def set_after_failure(work: Work, outcome: str) -> None:
    """Choose what becomes of subscriptions whose renewal fails."""
    work.tx.execute("DELETE FROM switches WHERE name LIKE ?", (f"{_SWITCH}%",))
    work.tx.execute("INSERT INTO switches (name) VALUES (?)", (f"{_SWITCH}{outcome}",))


def _after_failure(work: Work) -> str:
    row = work.tx.execute("SELECT name FROM switches WHERE name LIKE ?", (f"{_SWITCH}%",)).fetchone()
    return str(row["name"]).removeprefix(_SWITCH) if row else "past_due"


def invoices_of(work: Work, subscription: str) -> list[Record]:
    """The invoices of a subscription, newest first."""
    return work.tx.select(
        "invoice", {"json_extract(body, '$.parent.subscription_details.subscription') = ?": subscription}
    )


def follow(work: Work, invoice: Record, paid_with: str | None = None) -> None:
    """Let the subscription of an invoice, if it has one, become what the invoice makes of it."""
    if invoice.body["parent"] is None:
        return
    subscription = work.get("subscription", invoice.body["parent"]["subscription_details"]["subscription"])
    before, body = copy.deepcopy(subscription.body), subscription.body
    if invoice.private.get("for_update"):
        pending_updates.settle(work, subscription, invoice)
    body["status"] = _status(work, subscription)
    if paid_with and body["payment_settings"]["save_default_payment_method"] == "on_subscription":
        body["default_payment_method"] = paid_with
    if body["status"] == "canceled" != before["status"]:
        body["status"] = before["status"]
        end(work, subscription, "payment_failed")
        return
    report(work, subscription, before)


def _status(work: Work, subscription: Record) -> str:
    status = str(subscription.body["status"])
    if status in _PAYS_NOTHING:
        return status
    latest = next((each for each in invoices_of(work, subscription.id) if _counts(each)), None)
    settled = latest is None or latest.body["status"] != "open" or latest.private.get("processing")
    if status == "incomplete":
        return "active" if latest is not None and settled else status
    if settled:
        return "active"
    return "unpaid" if status == "unpaid" else _after_failure(work)


def _counts(invoice: Record) -> bool:
    """A change that waits for its payment leaves the subscription as it was."""
    waits = invoice.body["status"] == "open" and invoice.private.get("for_update")
    return not waits and invoice.body["status"] not in ("draft", "void")


def end(work: Work, subscription: Record, reason: str | None, *, status: str = "canceled") -> None:
    """End a subscription now. Its drafts and open invoices stay, and nobody collects them by themselves."""
    body = subscription.body
    body.update(status=status, ended_at=work.second, canceled_at=body["canceled_at"] or work.second)
    body["cancellation_details"]["reason"] = body["cancellation_details"]["reason"] or reason
    body.update(pause_collection=None, pending_update=None)
    schedule(subscription)
    work.save(subscription)
    for invoice in invoices_of(work, subscription.id):
        if invoice.body["status"] in ("draft", "open"):
            invoice.body["auto_advance"] = False
            invoice.due = None
            work.save(invoice)
    if status == "canceled":
        emit(work, "customer.subscription.deleted", subscription)

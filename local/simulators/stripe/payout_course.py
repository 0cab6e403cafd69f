"""The life of a payout: on its way to the bank, there, or returned, which may happen after it seemed done."""

from datetime import UTC, datetime

from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import random_letters
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account does not take this kind of payment.",
    "bank_ownership_changed": "The bank account belongs to another bank now.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debits of the bank account are not authorized.",
    "declined": "The bank declined this payout.",
    "incorrect_account_holder_name": "The name of the account's holder does not match.",
    "insufficient_funds": "The account has not enough funds.",
    "invalid_account_number": "The bank account's number is not valid.",
    "invalid_currency": "The bank account does not take this currency.",
    "no_account": "There is no such bank account.",
    "unsupported_card": "The card does not take payouts.",
}

_DAY = 86_400
_INSTANT_SENT_SECONDS = 60
_INSTANT_ARRIVAL_SECONDS = 30 * 60
_SATURDAY = 5


def schedule(created: int, method: str) -> tuple[int, int]:
    """When a payout made at `created` goes to the bank, and when it arrives, in epoch seconds.

    Standard: sent at the first midnight (UTC) of a business day, there at that of the next one. Instant: there after
    30 minutes, also at weekends.
    """
    if method == "instant":
        return created + _INSTANT_SENT_SECONDS, created + _INSTANT_ARRIVAL_SECONDS
    sent = _next_business_day(created)
    return sent, _next_business_day(sent)


def _next_business_day(moment: int) -> int:
    day = (moment // _DAY + 1) * _DAY
    while datetime.fromtimestamp(day, UTC).weekday() >= _SATURDAY:
        day += _DAY
    return day


def go_on(work: Work, payout: Record) -> None:
    """The next step of a payout whose time has come."""
    if payout.body["status"] == "pending":
        _send(work, payout)
    elif payout.body["status"] == "in_transit":
        arrive(work, payout)


def _send(work: Work, payout: Record) -> None:
    payout.body["status"] = "in_transit"
    payout.due = payout.body["arrival_date"]
    work.save(payout)
    emit(work, "payout.updated", payout, {"status": "pending"})


def arrive(work: Work, payout: Record) -> None:
    """The bank has the money. Raises a 400 unless the payout was on its way."""
    status = payout.body["status"]
    if status not in ("pending", "in_transit"):
        raise invalid(f"The payout {payout.id} cannot be paid in the status {status}.", executed=True)
    payout.due = None
    payout.body.update(status="paid", trace_id={"status": "supported", "value": random_letters(15).upper()})
    work.save(payout)
    emit(work, "payout.paid", payout, {"status": status})


def fail(work: Work, payout: Record, code: str) -> None:
    """The bank sent the money back, perhaps days after it was paid. Raises a 400 when it has failed or was canceled."""
    status = payout.body["status"]
    if status not in ("pending", "in_transit", "paid"):
        raise invalid(f"The payout {payout.id} cannot fail in the status {status}.", executed=True)
    failure: Body = {"failure_code": code, "failure_message": FAILURES[code]}
    _return(work, payout, "failed", "payout_failure", failure)
    emit(work, "payout.failed", payout, {"status": status})


def cancel(work: Work, payout: Record) -> None:
    """Stop a payout that has not gone to the bank. Raises a 400 for any other."""
    status = payout.body["status"]
    if status != "pending":
        raise invalid(f"A payout in the status {status} cannot be canceled; it needs pending.", executed=True)
    _return(work, payout, "canceled", "payout_cancel", {})
    emit(work, "payout.canceled", payout, {"status": status})


def _return(work: Work, payout: Record, status: str, kind: str, changes: Body) -> None:
    transaction = book(work, payout, kind, payout.body["amount"])
    payout.due = None
    payout.body.update(status=status, failure_balance_transaction=transaction.id, **changes)
    work.save(payout)

"""A period that could not be charged: what is owed, how often that was tried, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.values import Period, billed_payment
from tollgate.subscriptions import events
from tollgate.subscriptions.activation import iso_period
from tollgate.subscriptions.model import OVER, Change, Debt, Renewer, State, Subscription
from tollgate.subscriptions.reports import Failed, Forgiven, GivenUp, Paid, Reminded, Retried

# Tries that are known; what tells of one once more tells of one of the last few.
TRIES_REMEMBERED = 4


def payment_of(subscription: Subscription, invoice: str) -> str:
    """The id of the payment that an invoice becomes."""
    return billed_payment(subscription.tenant, subscription.id, invoice)


def try_key(debt: Debt, occasion: str) -> str:
    """The key of a charge of ours for what is owed."""
    return f"{debt.invoice} {occasion}"


def failed(of: Subscription, fact: Failed, now: datetime, trace: str | None) -> Change | Meaning:
    """The first failure begins the grace period."""
    if of.state is State.PENDING:
        return Meaning.EARLY
    if of.state in OVER or fact.invoice in of.invoices or of.precedes_import(fact.period):
        return Meaning.STALE
    if of.debt is None:
        return _begun(of, fact, now, trace)
    if of.debt.invoice != fact.invoice:
        # What is owed first is dunned first. A later one waits, and an older one was owed before, or is overtaken.
        return Meaning.EARLY if is_before(of.debt.period, fact.period) else Meaning.STALE
    again = replace(of, debt=_tried(of.debt, fact))
    if _is_known(of.debt, fact):
        return Meaning.REPEAT if again == of else again.noted()
    return again.with_events(now, trace, (events.PAYMENT_FAILED, _said(again, fact)))


def _begun(of: Subscription, fact: Failed, now: datetime, trace: str | None) -> Change | Meaning:
    if of.period is not None and is_before(fact.period, of.period):
        return Meaning.STALE  # a later one is paid: nobody loses that
    debt = _debt(of, fact)
    late = replace(of, state=State.PAST_DUE, debt=debt, reason=fact.decline.code)
    said = {**_said(late, fact), "grace_until": to_iso(debt.grace_until)}
    return late.with_events(now, trace, (events.GRACE_STARTED, said))


def retried(of: Subscription, fact: Retried, now: datetime, trace: str | None) -> Change | Meaning:
    """A try of ours, by its time in the plan. Its provider may have told of it before."""
    if of.debt is None or fact.failed.invoice != of.debt.invoice:
        return Meaning.STALE
    if _is_behind(of.debt, fact.planned):
        return Meaning.REPEAT
    done = replace(of, debt=replace(_tried(of.debt, fact.failed), dunned_until=fact.planned))
    if fact.failed.attempt in of.debt.tries:
        return done.noted()
    return done.with_events(now, trace, (events.PAYMENT_FAILED, _said(done, fact.failed)))


def reminded(of: Subscription, fact: Reminded, now: datetime, trace: str | None) -> Change | Meaning:
    """That what is owed will be tried again, or needs another card."""
    if of.debt is None or of.debt.invoice != fact.invoice:
        return Meaning.STALE
    if _is_behind(of.debt, fact.planned):
        return Meaning.REPEAT
    done = replace(of, debt=replace(of.debt, dunned_until=fact.planned))
    said: dict[str, Any] = {
        "invoice": fact.invoice,
        "due": of.debt.amount.amount,
        "payment_id": of.debt.payment,
        "decline": of.debt.decline.class_.value,
        "grace_until": to_iso(of.debt.grace_until),
        "next_try_at": to_iso(fact.next_try_at) if fact.next_try_at else None,
    }
    return done.with_events(now, trace, (events.REMINDED, said))


def given_up(of: Subscription, fact: GivenUp, now: datetime, trace: str | None) -> Change | Meaning:
    """The grace period is over, and nothing came."""
    if of.state is not State.PAST_DUE or of.debt is None:
        return Meaning.REPEAT if of.state in OVER else Meaning.STALE
    if of.charging:
        return Meaning.EARLY
    said = {"invoice": of.debt.invoice, "attempts": of.debt.attempts, "payment_id": of.debt.payment}
    closing = of.renewed_by is Renewer.PROVIDER and not fact.ended
    over = replace(of, state=State.ENDED, ended_at=fact.at, reason="unpaid", debt=None, closing=closing)
    grace = (events.GRACE_ENDED, {"outcome": "unpaid", "invoice": of.debt.invoice})
    return over.with_events(now, trace, grace, (events.FAILED, said))


def forgiven(of: Subscription, fact: Forgiven, now: datetime, trace: str | None) -> Change | Meaning:
    """Its period is its user's all the same. Remembered where nothing is owed for it: the try may be told later."""
    if of.state is State.PENDING:
        return Meaning.EARLY
    if of.state in OVER or fact.invoice in of.invoices:
        return Meaning.STALE
    known = replace(of, invoices=of.remembering(fact.invoice))
    if of.debt is None or of.debt.invoice != fact.invoice:
        return known.noted()
    period = of.debt.period if of.period is None or of.debt.period.start > of.period.start else of.period
    cleared = replace(known, state=State.ACTIVE, debt=None, reason=None, period=period)
    said = {"outcome": "forgiven", "invoice": fact.invoice, "payment_id": of.debt.payment}
    return cleared.with_events(now, trace, (events.GRACE_ENDED, said))


def ended_by(of: Subscription, paid: Paid) -> str | None:
    """How this payment ends what is owed, if it does: that is paid, or a later period, which nobody loses to it."""
    if of.debt is None:
        return None
    if of.debt.invoice == paid.invoice:
        return "recovered"
    return "overtaken" if paid.renews and is_before(of.debt.period, paid.period) else None


def is_before(one: Period, other: Period) -> bool:
    """Of two that begin in one second the longer is the later: it was bought in the place of the other."""
    return (one.start, one.end) < (other.start, other.end)


def _debt(of: Subscription, fact: Failed) -> Debt:
    payment, tries, at = fact.payment or payment_of(of, fact.invoice), (fact.attempt,), fact.at
    return Debt(fact.invoice, fact.amount, fact.period, at, 1, fact.decline, payment, at, tries, tried_at=at)


def _tried(debt: Debt, fact: Failed) -> Debt:
    """By whoever it was. Grace begins with the first by its provider's time, and the plan follows the last, in whatever
    order they are told.
    """
    since = min(debt.since, fact.at)
    debt = replace(debt, since=since, dunned_until=since if debt.dunned_until == debt.since else debt.dunned_until)
    if _is_known(debt, fact):
        return debt
    *earlier, last = debt.tries
    if debt.tried_at is not None and (fact.at, fact.attempt) < (debt.tried_at, last):
        return replace(debt, attempts=debt.attempts + 1, tries=(*earlier, fact.attempt, last)[-TRIES_REMEMBERED:])
    tries, payment = (*debt.tries, fact.attempt)[-TRIES_REMEMBERED:], fact.payment or debt.payment
    counted = replace(debt, attempts=debt.attempts + 1, tries=tries, tried_at=fact.at)
    return replace(counted, decline=fact.decline, payment=payment)


def _is_known(debt: Debt, fact: Failed) -> bool:
    """Once it is paid, nobody can tell any more which try it was that failed before."""
    return fact.attempt in (*debt.tries, fact.invoice)


def _is_behind(debt: Debt, planned: datetime) -> bool:
    return planned <= debt.dunned_until


def _said(of: Subscription, fact: Failed) -> dict[str, Any]:
    return {
        "invoice": fact.invoice,
        "due": fact.amount.amount,
        "attempt": of.debt.attempts if of.debt else 1,
        "decline": fact.decline.class_.value,
        "reason": fact.decline.code,
        "payment_id": fact.payment or payment_of(of, fact.invoice),
        **iso_period(fact.period),
    }

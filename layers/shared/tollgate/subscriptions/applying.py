"""What a fact makes of a subscription, whatever came before it: the change, or why there is none.

Facts come in any order. One that builds on another waits for it (`EARLY`): a renewal for the first payment, the end for
the invoice that it names. One that is overtaken (`STALE`) changes nothing. So however five events are shuffled, the
same events come of them, and the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import derived
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions import events
from tollgate.subscriptions.activation import iso_period
from tollgate.subscriptions.model import OVER, Change, Debt, State, Subscription
from tollgate.subscriptions.reports import Ended, Fact, Failed, GivenUp, Paid, Told

# An end that names an invoice of which nobody has heard is believed all the same after a while: it may have been void.
PATIENCE = timedelta(hours=1)

type Said = tuple[str, Mapping[str, Any]]


def apply(subscription: Subscription, fact: Fact, now: datetime, trace: str | None = None) -> Change | Meaning:
    """The change, or `REPEAT`, `STALE`, `EARLY`."""
    match fact:
        case Paid():
            return _paid(subscription, fact, now, trace)
        case Failed():
            return _failed(subscription, fact, now, trace)
        case Told():
            return _told(subscription, fact, now, trace)
        case Ended():
            return _ended(subscription, fact, now, trace)
        case GivenUp():
            return _given_up(subscription, now, trace)


def payment_of(subscription: Subscription, invoice: str) -> str:
    """The id of the payment that an invoice becomes."""
    return derived("pay", subscription.tenant, subscription.id, invoice)


def _paid(of: Subscription, paid: Paid, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state is State.PENDING:
        return Meaning.EARLY
    if paid.invoice in of.invoices:
        return Meaning.REPEAT
    said: dict[str, Any] = {"invoice": paid.invoice, "paid": paid.amount.amount, **iso_period(paid.period)}
    said |= {"payment_id": paid.payment or payment_of(of, paid.invoice)} if paid.capture else {}
    known = replace(of, invoices=of.remembering(paid.invoice))
    if of.state in OVER:
        return known.with_events(now, trace, (events.LATE_PAYMENT, said))
    if not paid.renews:
        return known.with_events(now, trace, (events.CHARGED, said))
    cleared = of.debt is not None and of.debt.invoice == paid.invoice
    longer = of.period is None or paid.period.end > of.period.end
    state = of.state if of.debt is not None and not cleared else State.ACTIVE
    renewed = replace(
        known,
        state=state,
        period=paid.period if longer else of.period,
        debt=None if cleared else of.debt,
        reason=None if cleared else of.reason,
    )
    ended = [(events.GRACE_ENDED, {"outcome": "recovered", "invoice": paid.invoice})] if cleared else []
    return renewed.with_events(now, trace, *ended, (events.RENEWED, said | {"recovered": cleared}))


def _failed(of: Subscription, failed: Failed, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state is State.PENDING:
        return Meaning.EARLY
    if of.state in OVER or failed.invoice in of.invoices:
        return Meaning.STALE
    said: dict[str, Any] = {
        "invoice": failed.invoice,
        "due": failed.amount.amount,
        "attempt": failed.attempt,
        "decline": failed.decline.class_.value,
        "reason": failed.decline.code,
        "payment_id": failed.payment or payment_of(of, failed.invoice),
        **iso_period(failed.period),
    }
    if of.debt is None:
        debt = _debt(of, failed)
        said["grace_until"] = to_iso(debt.grace_until)
        late = replace(of, state=State.PAST_DUE, debt=debt, reason=failed.decline.code)
        return late.with_events(now, trace, (events.GRACE_STARTED, said))
    if of.debt.invoice != failed.invoice:
        return Meaning.STALE  # one that is older than what is owed, or whose grace has not begun before
    if failed.attempt <= of.debt.attempts:
        return Meaning.REPEAT
    payment = failed.payment or of.debt.payment
    debt = replace(of.debt, attempts=failed.attempt, decline=failed.decline, payment=payment)
    again = replace(of, debt=debt)
    return again.with_events(now, trace, (events.PAYMENT_FAILED, said))


def _debt(of: Subscription, failed: Failed) -> Debt:
    payment = failed.payment or payment_of(of, failed.invoice)
    return Debt(failed.invoice, failed.amount, failed.period, failed.at, failed.attempt, failed.decline, payment)


def _told(of: Subscription, told: Told, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state in OVER or (of.told_at is not None and told.at < of.told_at):
        return Meaning.STALE
    changed = replace(
        of,
        told_at=told.at,
        ends_at=told.ends_at,
        paused_at=(of.paused_at or told.at) if told.paused else None,
        terms=_terms(of, told),
        trial_end=told.trial_end if of.state is State.TRIALING else of.trial_end,
    )
    said = _differences(of, changed)
    if of.state is State.PENDING:
        return Meaning.EARLY if said else Meaning.REPEAT
    return changed.with_events(now, trace, *said) if said else _noted(of, changed)


def _noted(of: Subscription, changed: Subscription) -> Change | Meaning:
    return Meaning.REPEAT if changed == of else changed.noted()


def _terms(of: Subscription, told: Told) -> Any:
    unit, interval = told.unit or of.terms.unit, told.interval or of.terms.interval
    return replace(of.terms, unit=unit, interval=interval, code=told.plan or of.terms.code)


def _differences(of: Subscription, changed: Subscription) -> list[Said]:
    said: list[Said] = []
    if changed.terms != of.terms:
        said.append((events.CHANGED, {"plan_before": of.terms.code, "amount_before": of.terms.unit.amount}))
    if changed.is_paused != of.is_paused:
        said.append((events.PAUSED if changed.is_paused else events.RESUMED, {}))
    if changed.ends_at is not None and of.ends_at is None:
        said.append((events.CANCELLED, {"at_period_end": True}))
    if changed.ends_at is None and of.ends_at is not None:
        said.append((events.REINSTATED, {}))
    return said


def _ended(of: Subscription, ended: Ended, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state in OVER:
        return Meaning.REPEAT
    waited = now - ended.at >= PATIENCE
    unheard = ended.latest_invoice is not None and not of.knows(ended.latest_invoice)
    if of.state is State.PENDING or (unheard and not waited):
        return Meaning.EARLY
    if ended.unpaid and of.debt is not None:
        return _given_up(of, now, trace)
    grace: list[Said] = [(events.GRACE_ENDED, {"outcome": "cancelled"})] if of.debt else []
    asked: list[Said] = [(events.CANCELLED, {"at_period_end": ended.at_period_end})] if of.ends_at is None else []
    over = replace(of, state=State.ENDED, ended_at=ended.at, ends_at=of.ends_at or ended.at, reason="cancelled")
    return replace(over, debt=None, told_at=ended.at).with_events(now, trace, *grace, *asked, (events.ENDED, {}))


def _given_up(of: Subscription, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state is not State.PAST_DUE or of.debt is None:
        return Meaning.REPEAT if of.state in OVER else Meaning.STALE
    said = {"invoice": of.debt.invoice, "attempts": of.debt.attempts, "payment_id": of.debt.payment}
    over = replace(of, state=State.ENDED, ended_at=now, reason="unpaid", debt=None)
    grace: Said = (events.GRACE_ENDED, {"outcome": "unpaid", "invoice": of.debt.invoice})
    return over.with_events(now, trace, grace, (events.FAILED, said))

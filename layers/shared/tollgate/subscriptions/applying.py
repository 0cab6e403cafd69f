"""What a fact makes of a subscription, whatever came before it: the change, or why there is none.

Facts come in any order. One that builds on another waits for it (`EARLY`): a renewal for the first payment, the end for
the invoice that it names, and whatever would make a charge of ours wrong for what comes of that. One that is overtaken
(`STALE`) changes nothing. So however five events are shuffled, the same events come of them, and the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions import events, owing, uninvoiced
from tollgate.subscriptions.activation import iso_period
from tollgate.subscriptions.model import OVER, Change, Renewer, State, Subscription
from tollgate.subscriptions.owing import payment_of
from tollgate.subscriptions.reports import (
    Alive,
    Asked,
    CardGiven,
    Charged,
    Ended,
    Ending,
    Fact,
    Failed,
    Forgiven,
    GivenUp,
    Paid,
    Reminded,
    Retried,
    Told,
)

# An end that names an invoice of which nobody has heard is believed all the same after a while: it may have been void.
PATIENCE = timedelta(hours=1)

type Said = tuple[str, Mapping[str, Any]]


def apply(subscription: Subscription, fact: Fact, now: datetime, trace: str | None = None) -> Change | Meaning:
    """The change, or `REPEAT`, `STALE`, `EARLY`."""
    return _APPLIED[type(fact)](subscription, fact, now, trace)


def _paid(of: Subscription, paid: Paid, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state is State.PENDING:
        return Meaning.EARLY
    if paid.invoice in of.invoices or (paid.renews and of.precedes_import(paid.period)):
        return Meaning.REPEAT
    said: dict[str, Any] = {"invoice": paid.invoice, "paid": paid.amount.amount, **iso_period(paid.period)}
    said |= {"payment_id": paid.payment or payment_of(of, paid.invoice)} if paid.capture else {}
    known = replace(of, invoices=of.remembering(paid.invoice, *filter(None, (paid.also,))))
    if of.state in OVER:
        return known.with_events(now, trace, (events.LATE_PAYMENT, said))
    outcome = owing.ended_by(of, paid)
    cleared = outcome == "recovered"
    ended = [(events.GRACE_ENDED, {"outcome": outcome, "invoice": of.debt.invoice})] if outcome and of.debt else []
    if ended:
        known = replace(known, state=State.ACTIVE, debt=None, reason=None)
    if not paid.renews:
        return known.with_events(now, trace, *ended, (events.CHARGED, said))
    renewed = _with_period(of, known, paid)
    return renewed.with_events(now, trace, *ended, (events.RENEWED, said | {"recovered": cleared}))


def _with_period(of: Subscription, known: Subscription, paid: Paid) -> Subscription:
    # Another interval begins anew, and may end sooner. Of two that began in one second, nobody loses the longer.
    newer = of.period is None or owing.is_before(of.period, paid.period)
    state = State.ACTIVE if known.debt is None else of.state
    renewed = replace(known, state=state, period=paid.period if newer else of.period)
    if _is_trial(of, paid):
        renewed = replace(renewed, state=of.state, trial_end=paid.period.end)
    if of.renewed_by is Renewer.PLATFORM and of.period is not None and paid.period.start > of.period.end:
        renewed = replace(renewed, anchor=paid.period.start)
    if newer and of.period is not None and of.ends_at == of.period.end:
        # What ends with its period ends with the last one that is paid, though that is heard of later.
        renewed = replace(renewed, ends_at=paid.period.end)
    return renewed


def _is_trial(of: Subscription, paid: Paid) -> bool:
    """Whether nothing was taken for what begins within a trial: its provider has moved the end of that."""
    within = of.trial_end is not None and paid.period.start < of.trial_end
    return of.state is State.TRIALING and within and paid.amount.amount == 0


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
    if of.state is State.TRIALING and of.period is not None and told.trial_end is not None:
        changed = replace(changed, period=replace(of.period, end=told.trial_end))
    if of.renewed_by is Renewer.PLATFORM:
        changed = replace(changed, anchor=_anchor(of, told))
    said = _differences(of, changed)
    if of.state is State.PENDING or (said and of.charging):
        return Meaning.EARLY if said else Meaning.REPEAT
    return changed.with_events(now, trace, *said) if said else _noted(of, changed)


def _asked(of: Subscription, asked: Asked, now: datetime, trace: str | None) -> Change | Meaning:
    """What stays as it is, is taken from what is stored: two wishes that cross undo nothing of each other. What is owed
    when it is to end with what is paid is over already: nothing more is tried.
    """
    if of.period is None or of.state in OVER:
        return Meaning.STALE
    if asked.ends and of.debt is not None:
        return _ended(of, Ended(asked.at), now, trace)
    ends_at = of.ends_at if asked.ends is None else (of.period.end if asked.ends else None)
    told = Told(
        at=max(asked.at, of.told_at or asked.at),
        ends_at=ends_at,
        paused=of.is_paused if asked.paused is None else asked.paused,
        unit=asked.unit,
        interval=asked.interval,
        plan=asked.plan,
        name=asked.name,
        trial_end=of.trial_end,
    )
    return _told(of, told, now, trace)


def _anchor(of: Subscription, told: Told) -> datetime | None:
    """From where later periods are reckoned, where we do: another interval begins with the next of them, and one that
    was paused beyond what is paid with its return.
    """
    if of.period is None:
        return of.anchor
    if of.is_paused and not told.paused and of.period.end < told.at:
        return told.at
    return of.anchor if told.interval in (None, of.terms.interval) else max(of.anchor or of.period.end, of.period.end)


def _ending(of: Subscription, ending: Ending, now: datetime, trace: str | None) -> Change | Meaning:
    """As if all was told of it. Before the first payment nothing is: what is paid is not known."""
    if of.period is None:
        return Meaning.STALE if of.state in OVER else Meaning.EARLY
    as_it_is = Told(
        at=ending.at,
        ends_at=of.period.end if ending.ends else None,
        paused=of.is_paused if ending.paused is None else ending.paused,
        trial_end=of.trial_end,
    )
    return _ended_before(of, ending, now, trace) or _told(of, as_it_is, now, trace)


def _ended_before(of: Subscription, ending: Ending, now: datetime, trace: str | None) -> Change | None:
    """That it was cancelled before its provider ended it unpaid is told when it is heard, whichever was heard first."""
    unpaid = of.state is State.ENDED and of.ends_at is None and of.told_at is not None and of.told_at == of.ended_at
    if not unpaid or not ending.ends or of.period is None or (of.ended_at and ending.at > of.ended_at):
        return None
    late = replace(of, ends_at=of.period.end)
    return late.with_events(now, trace, (events.CANCELLED, {"at_period_end": True}))


def _noted(of: Subscription, changed: Subscription) -> Change | Meaning:
    return Meaning.REPEAT if changed == of else changed.noted()


def _terms(of: Subscription, told: Told) -> Any:
    unit, interval = told.unit or of.terms.unit, told.interval or of.terms.interval
    return replace(
        of.terms, unit=unit, interval=interval, code=told.plan or of.terms.code, name=told.name or of.terms.name
    )


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
        return replace(of, closing=False).noted() if of.closing else Meaning.REPEAT
    if of.renewed_by is Renewer.PLATFORM and ended.at_period_end and (of.ends_at is None or of.ends_at > ended.at):
        return Meaning.STALE  # it goes on after all
    waited = now - ended.at >= PATIENCE
    unheard = ended.latest_invoice is not None and not of.knows(ended.latest_invoice)
    if of.state is State.PENDING or of.charging or (unheard and not waited):
        return Meaning.EARLY
    if ended.unpaid and of.debt is not None:
        return owing.given_up(replace(of, told_at=ended.at), GivenUp(ended.at, ended=True), now, trace)
    grace: list[Said] = [(events.GRACE_ENDED, {"outcome": "cancelled"})] if of.debt else []
    asked: list[Said] = [(events.CANCELLED, {"at_period_end": ended.at_period_end})] if of.ends_at is None else []
    over = replace(of, state=State.ENDED, ended_at=ended.at, ends_at=of.ends_at or ended.at, reason="cancelled")
    return replace(over, debt=None, told_at=ended.at).with_events(now, trace, *grace, *asked, (events.ENDED, {}))


def _given_a_card(of: Subscription, given: CardGiven, now: datetime, trace: str | None) -> Change | Meaning:
    if of.state in OVER:
        return Meaning.STALE
    if of.state is State.PENDING:
        return Meaning.EARLY
    if of.setup == given.setup:
        return Meaning.REPEAT
    if of.setup_at is not None and given.at < of.setup_at:
        return Meaning.STALE
    debt = replace(of.debt, spent=of.debt.attempts) if of.debt else None
    known = replace(of, setup=given.setup, setup_at=given.at, source=given.source or of.source, debt=debt)
    return known.with_events(now, trace, (events.CARD_GIVEN, {"setup": given.setup}))


def _alive(of: Subscription, alive: Alive, _now: datetime, _trace: str | None) -> Change | Meaning:
    if of.state is not State.EXPIRED or of.reference is not None:
        return Meaning.STALE
    return replace(of, provider=alive.provider, reference=alive.reference, closing=True).noted()


def _charged(of: Subscription, charged: Charged, now: datetime, trace: str | None) -> Change | Meaning:
    meant = uninvoiced.meaning_of(of, charged, now)
    return meant if isinstance(meant, Meaning) else apply(of, meant, now, trace)


_APPLIED: dict[type[Fact], Callable[[Subscription, Any, datetime, str | None], Change | Meaning]] = {
    Paid: _paid,
    Failed: owing.failed,
    Retried: owing.retried,
    Reminded: owing.reminded,
    GivenUp: owing.given_up,
    Forgiven: owing.forgiven,
    Told: _told,
    Ending: _ending,
    Charged: _charged,
    CardGiven: _given_a_card,
    Ended: _ended,
    Alive: _alive,
    Asked: _asked,
}

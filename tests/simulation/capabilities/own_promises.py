"""What must hold of the subscriptions that we charge ourselves: by what providers have really taken for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from tests.simulation.seen import Seen
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.subscriptions import events
from tollgate.subscriptions.model import AGGREGATE, GRACE, OVER, Renewer, State, Subscription, charge_id

# By then runs of the renewer have come, and no provider is down any more.
_CHARGED_BY = timedelta(hours=2)
_OPEN = (PaymentState.PENDING, PaymentState.PROCESSING)
_PAID = (PaymentState.CONFIRMED, PaymentState.SETTLED)


def _ours(seen: Seen) -> Iterator[tuple[Subscription, list[Payment]]]:
    """Each with the payments of its later periods that took money, as its providers have it."""
    taken = {each["metadata"]["tollgate_payment"] for each in seen.charges()}
    of_each: dict[str, list[Payment]] = {}
    for payment in seen.payments():
        if payment.billing and payment.billing.invoice and payment.direct and payment.id in taken:
            of_each.setdefault(payment.billing.subscription, []).append(payment)
    for subscription in seen.subscriptions():
        if subscription.renewed_by is Renewer.PLATFORM and subscription.source:
            yield subscription, of_each.get(subscription.id, [])


def each_period_is_charged_once(seen: Seen) -> Iterator[str]:
    """Whoever asks, and however often."""
    for of, taken in _ours(seen):
        invoices = Counter(each.billing.invoice for each in taken if each.billing)
        begins = Counter(each.billing.period.start for each in taken if each.billing and each.billing.period)
        for what, count in (*invoices.items(), *begins.items()):
            if count > 1:
                yield f"{of.id} was charged {count} times for {what}"


def what_is_charged_is_told(seen: Seen) -> Iterator[str]:
    """Once, and nothing is told that was not charged."""
    for of, taken in _ours(seen):
        told = Counter(each.data["payment_id"] for each in seen.told(AGGREGATE, of.id) if each.type == events.RENEWED)
        charged = Counter(each.id for each in taken if each.state in _PAID)
        if told != charged:
            yield f"{of.id} told of {dict(told)}, charged were {dict(charged)}"


def what_is_over_is_charged_no_more(seen: Seen) -> Iterator[str]:
    begun = {each["metadata"]["tollgate_payment"]: instant(each["created"]) for each in seen.charges()}
    for of, taken in _ours(seen):
        late = [each.id for each in taken if of.ended_at and begun[each.id] > of.ended_at + timedelta(seconds=1)]
        if of.state in OVER and late:
            yield f"{of.id} is over since {of.ended_at}, and was charged by {late}"


def what_is_paid_is_what_they_have(seen: Seen) -> Iterator[str]:
    """The last period that is paid, and a while of grace; nobody has more, or less."""
    now = seen.world.clock.now()
    for of, taken in _ours(seen):
        paid = [each.billing.period for each in taken if each.state in _PAID and each.billing]
        periods = [each for each in paid if each]
        if periods and of.period != max(periods, key=lambda each: each.start):
            yield f"{of.id} has {of.period}, paid are {periods}"
        if of.period is None or of.state is State.PENDING:
            continue
        if of.state not in OVER and now < min(of.period.end, of.ends_at or of.period.end) and not of.has_access(now):
            yield f"{of.id} is paid until {of.period.end}, and not let in"
        until = of.debt.grace_until if of.debt else of.period.end + GRACE
        if of.has_access(now) and (of.state in OVER or now >= until):
            yield f"{of.id} is let in, and nothing is paid: {of.status} until {of.period.end}"


def no_period_is_forgotten(seen: Seen) -> Iterator[str]:
    """Each is charged, or owed, or the end: no downgrade is lost."""
    now = seen.world.clock.now()
    for of, _ in _ours(seen):
        if of.state not in (State.ACTIVE, State.TRIALING) or of.period is None or of.charging is not None:
            continue
        end = of.ends_at if of.is_paused else min(of.period.end, of.ends_at or of.period.end)
        if end is not None and end + _CHARGED_BY <= now:
            yield f"{of.id} is {of.status}, and should have been renewed or ended at {end}"


def no_charge_is_on_its_way_for_ever(seen: Seen) -> Iterator[str]:
    """What is noted as on its way is with a bank; what has come of it is known."""
    for of, _ in _ours(seen):
        payment = seen.payment(charge_id(of, of.charging.key)) if of.charging else None
        if of.charging is not None and (payment is None or payment.state not in _OPEN):
            yield f"{of.id} is being charged by {payment and (payment.id, payment.state.value)}"

"""What must hold of subscriptions, whoever charges them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.plan_books import PlanBooks
from tests.simulation.plan_shapes import item_of
from tests.simulation.provider_books import Fields
from tests.simulation.seen import Seen
from tests.support.memory.subscriptions import SEAT, SUBSCRIPTION
from tollgate.adapters.providers.stripe.invoices import period_of, renews
from tollgate.adapters.providers.stripe.subscription_shapes import told_of
from tollgate.adapters.providers.stripe.transformers import SUBSCRIPTION as MARK
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.inbox.model import Outcome
from tollgate.kernel.events import Event
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.subscriptions import events
from tollgate.subscriptions.model import AGGREGATE, OVER, State, Subscription

_PAID = (PaymentState.CONFIRMED, PaymentState.SETTLED)
# Each tells of an invoice that was paid; the first is told of as what has begun.
TELLS_OF_MONEY = (events.RENEWED, events.CHARGED, events.LATE_PAYMENT)
_FIRST = "subscription_create"
# What is told beside a period tells its own.
_PERIOD = ("period_start", "period_end")
_THERE = {State.TRIALING: "trialing", State.ACTIVE: "active", State.PAST_DUE: "past_due"}


@dataclass(frozen=True)
class Contract:
    """One subscription at a provider, with ours of it; `paid` are its invoices that were, the oldest first."""

    books: PlanBooks
    there: Fields
    here: Subscription
    paid: list[Fields]


def contracts(seen: Seen) -> Iterator[Contract]:
    """Every one that any provider has."""
    here = {each.id: each for each in seen.subscriptions()}
    for books in seen.world.books.values():
        for there in books.subscriptions.values():
            paid = [each for each in books.invoices_of(there) if each["status"] == "paid"]
            yield Contract(books, there, here[there["metadata"][MARK]], paid)


def what_is_charged_is_one_payment(seen: Seen) -> Iterator[str]:
    """Confirmed, or held: no period is in nobody's books, or in them twice."""
    by_capture: dict[str, list[Payment]] = {}
    for payment in seen.payments():
        for capture in payment.captures:
            by_capture.setdefault(capture.reference, []).append(payment)
    for contract in contracts(seen):
        for invoice in [each for each in contract.paid if each["amount_paid"]]:
            found = by_capture.get(str(contract.books.bills[invoice["id"]].intent), [])
            named = [each.billing.invoice for each in found if each.billing]
            if named != [invoice["id"]] or not (found[0].state in _PAID or is_held(found[0])):
                yield f"{invoice['id']} is {[(each.id, each.state.value, each.review) for each in found]}"
    # Of what we charge ourselves, each try is a payment.
    invoiced = [each.billing for each in seen.payments() if each.billing and not each.direct]
    billed = Counter(each.invoice for each in invoiced if each.invoice)
    yield from (f"{invoice} is {count} payments" for invoice, count in billed.items() if count > 1)


def is_held(payment: Payment) -> bool:
    """What came late or in a wrong amount, until it has gone back."""
    gone = any(each.held for each in payment.refunds) or any(each.held for each in payment.disputes)
    return payment.review is not None or gone


def what_is_paid_is_told_once(seen: Seen) -> Iterator[str]:
    for contract in contracts(seen):
        said = seen.told(AGGREGATE, contract.here.id)
        told = Counter(each.data["invoice"] for each in said if each.type in TELLS_OF_MONEY)
        expected = Counter(each["id"] for each in contract.paid if each["billing_reason"] != _FIRST)
        if told != expected:
            yield f"{contract.here.id} told of {dict(told)}, paid were {dict(expected)}"


def who_is_subscribed_has_one_seat(seen: Seen) -> Iterator[str]:
    """Of each product. It is taken by an order, and given up once, as that ends."""
    holders: dict[tuple[str, ...], str] = {}
    for record in seen.world.rooms.stored.store.stream:
        if record.place[0] == SEAT:
            before = holders.get(record.place, "")
            if before and record.value:
                yield f"{record.place} went from {before} to {record.value}"
            holders[record.place] = record.value
    taken = Counter(each for each in holders.values() if each)
    open_ = Counter(each.id for each in seen.subscriptions() if each.is_open)
    if taken != open_:
        yield f"open are {sorted(open_)}, seats are taken by {sorted(taken)}"


def what_is_over_here_is_over_there(seen: Seen) -> Iterator[str]:
    """Nobody is charged who has gone."""
    for contract in contracts(seen):
        there, here = contract.there, contract.here
        if here.state in OVER and (there["status"] != "canceled" or here.closing):
            yield f"{here.id} is {here.status} (closing: {here.closing}), and {there['id']} {there['status']}"


def a_subscription_stands_as_at_its_provider(seen: Seen) -> Iterator[str]:
    """What it costs and how often, whether and when it ends, what is paid, and what is not."""
    for contract in contracts(seen):
        there, here = contract.there, contract.here
        if there["status"] == "canceled":
            if here.state not in OVER:
                yield f"{there['id']} is over, and {here.id} {here.status}"
        elif here.state not in OVER:
            yield from _differences(contract)


def _differences(of: Contract) -> Iterator[str]:
    there, here = of.there, of.here
    told = told_of(there, of.books.clock.now())
    periods = [period_of(each) for each in of.paid if _is_of_a_period(each)]
    stand = {
        "state": (_THERE.get(here.state), _status_there(of)),
        "unit": (here.terms.unit, told.unit),
        "interval": (here.terms.interval, told.interval),
        "ends_at": (here.ends_at, told.ends_at),
        "paused": (here.is_paused, told.paused),
        "period": (here.period, max(periods, key=lambda each: (each.start, each.end))),
        "provider": (here.provider, of.books.name),
    }
    for what, (ours, theirs) in stand.items():
        if ours != theirs:
            yield f"{here.id} has {what} {ours}, and {there['id']} {theirs}"


def _is_of_a_period(invoice: Fields) -> bool:
    return invoice["billing_reason"] == _FIRST or renews(invoice)


def _status_there(of: Contract) -> str:
    """In our sense: here it becomes active with what is paid, there when its trial is over; and there its last invoice
    alone decides, while one of before may be owed.
    """
    status, debt = str(of.there["status"]), of.here.debt
    if status == "active" and of.there["trial_end"] is not None and len(of.paid) == 1:
        return "trialing"
    owed = debt is not None and debt.invoice != of.there["latest_invoice"]
    return "past_due" if owed and debt and of.books.invoices[debt.invoice]["status"] == "open" else status


def its_events_tell_how_it_stands(seen: Seen) -> Iterator[str]:
    """Each that is told, as it was then; nothing but late money after an end."""
    for place, versions in seen.versions(SUBSCRIPTION):
        stored: dict[int, Subscription] = {}
        for each in versions:
            stored.setdefault(each.version, each)
        said = seen.told(AGGREGATE, place[2])
        for event in said:
            stands = stored.get(event.sequence)
            if stands is not None and not _summary(stands, event).items() <= event.data.items():
                yield f"{event.type} {event.sequence} of {place[2]} says {event.data}, it was {stands.summary()}"
        ends = [number for number, each in enumerate(said) if each.type in events.ENDINGS]
        after = {each.type for each in said[ends[0] + 1 :]} if ends else set()
        if len(ends) > 1 or not after <= {events.LATE_PAYMENT}:
            yield f"{place[2]} says {[each.type for each in said]}"


def _summary(of: Subscription, event: Event) -> dict[str, object]:
    left_out = _PERIOD if "invoice" in event.data else ()
    return {name: value for name, value in of.summary().items() if name not in left_out}


def who_has_paid_is_let_in(seen: Seen) -> Iterator[str]:
    """For the period that is paid, and a week of grace; nobody when it is over."""
    now = seen.world.clock.now()
    for contract in contracts(seen):
        here, item = contract.here, item_of(contract.there)
        runs = contract.there["status"] in ("trialing", "active") and not contract.there["pause_collection"]
        # Of one that was paused there may be periods that nobody has paid, and a change may cost part of such a one.
        latest = contract.paid[-1]["id"] == contract.there["latest_invoice"] and _is_of_a_period(contract.paid[-1])
        if runs and latest and now < instant(item["current_period_end"]) and not here.has_access(now):
            yield f"{here.id} is paid, and not let in: {here.status} until {here.access_until}"
        if here.state in OVER and here.has_access(now):
            yield f"{here.id} is {here.status}, and let in"


def late_money_is_held(seen: Seen) -> Iterator[str]:
    for subscription in seen.subscriptions():
        for event in seen.told(AGGREGATE, subscription.id):
            if event.type == events.LATE_PAYMENT and "payment_id" in event.data:
                payment = seen.payment(event.data["payment_id"])
                if payment is None or payment.state in _PAID or not is_held(payment):
                    yield f"{event.data['payment_id']} is late money, and {payment and payment.status}"


def nothing_told_of_a_subscription_waits(seen: Seen) -> Iterator[str]:
    """What it waits for has come, or is waited for no more."""
    inbox = seen.world.rooms.stored.inbox
    for told in seen.world.mail:
        event = told.event
        if event.type.startswith(("customer.subscription.", "invoice.", "setup_intent.")):
            outcome = inbox.outcome(event.provider, event.id)
            if outcome in (Outcome.PARKED, Outcome.FAILED):
                yield f"{event.type} {event.id} is {outcome}"

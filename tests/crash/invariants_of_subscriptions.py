"""What must hold of subscriptions: who has one, what is billed for it at its provider, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.crash.invariants import always, eventually
from tests.support.crashing_images import as_payment, as_subscription
from tests.support.crashing_seen import Seen, payment_id
from tollgate.ledger.rules import PAYMENT_CONFIRMED
from tollgate.payments.events import PURCHASE_CONFIRMED
from tollgate.payments.model import Payment
from tollgate.subscriptions import events
from tollgate.subscriptions.model import Renewer, State, Subscription

_PAID, _PERIOD = ("confirmed", "settled"), ("period_start", "period_end")
_PAYS = (events.ACTIVATED, events.RENEWED, events.CHARGED)
# Each tells of a try of ours, or of the provider's, that was declined.
_DECLINED = (events.GRACE_STARTED, events.PAYMENT_FAILED)


@always
def a_subscriptions_events_have_no_gaps_and_say_how_it_stands(seen: Seen) -> Iterator[str]:
    for image in seen.of("subscription"):
        told = seen.events(payment_id(image))
        stored = {each.version: each for each in map(as_subscription, reversed(seen.versions(image)))}
        if [event["sequence"] for event in told] != list(range(1, max(stored) + 1)):
            yield f"version {max(stored)}, and events {[event['sequence'] for event in told]}"
        for event in told:
            stands = stored.get(event["sequence"])
            if stands is not None and not _summary(stands, event["data"]).items() <= event["data"].items():
                yield f"event {event['sequence']} says {event['data']}, and it was {stands.summary()}"


def _summary(of: Subscription, data: Mapping[str, Any]) -> dict[str, Any]:
    """What tells of an invoice tells its period, be it paid or not."""
    left_out = _PERIOD if "invoice" in data else ()
    return {name: value for name, value in of.summary().items() if name not in left_out}


@always
def an_open_subscription_has_its_seat_and_one_that_is_over_has_none(seen: Seen) -> Iterator[str]:
    are_open = [each.id for each in subscriptions_of(seen) if each.is_open]
    taken = [image["subscription"]["S"] for image in seen.of("seat") if "subscription" in image]
    if sorted(are_open) != sorted(taken):
        yield f"open are {are_open}, and seats are taken by {taken}"


@always
def an_invoice_is_one_payment_at_most(seen: Seen) -> Iterator[str]:
    """Of a provider's. Where we charge, each try is a payment of its own, of which one is paid at most."""
    billed = Counter(
        each.billing.invoice
        for each in payments_of(seen)
        if each.billing and each.billing.invoice and (each.is_invoiced or not each.direct or each.state.value in _PAID)
    )
    for invoice, number in billed.items():
        if number > 1:
            yield f"{invoice} is {number} payments"


@always
def what_is_paid_for_a_subscription_its_provider_has_taken(seen: Seen) -> Iterator[str]:
    """By an invoice, or by a charge where there is none; for a trial that we begin nothing is."""
    taken = {each.payment: each.paid for each in seen.invoices if each.status == "paid"}
    ours = {each.id for each in subscriptions_of(seen) if each.renewed_by is Renewer.PLATFORM}
    for payment in payments_of(seen):
        is_paid = payment.billing is not None and payment.state.value in _PAID
        if payment.billing is not None and payment.billing.subscription in ours:
            taken[payment.id] = sum(each.amount for each in seen.taken(payment.id))
        if is_paid and taken.get(payment.id) != payment.amount.amount:
            yield f"{payment.id} is {payment.state.value} with {payment.amount}, and Stripe took {taken}"


@always
def what_is_paid_for_a_subscription_is_posted_once(seen: Seen) -> Iterator[str]:
    sales = [image for image in seen.of("journal_entry") if image["what"]["S"] == PAYMENT_CONFIRMED]
    posted = Counter(image["subject_id"]["S"] for image in sales)
    for payment in payments_of(seen):
        told = [event["type"] for event in seen.events(payment.id)].count(PURCHASE_CONFIRMED)
        if payment.billing is not None and posted[payment.id] != (told if payment.amount.amount else 0):
            yield f"{payment.id} was confirmed {told} times, and posted {posted[payment.id]} times"


@always
def a_period_is_paid_by_a_payment_of_its_own(seen: Seen) -> Iterator[str]:
    """What is told of a period names its payment, and that is confirmed; no period is told twice."""
    confirmed = {each.id for each in payments_of(seen) if each.state.value in _PAID}
    for image in seen.of("subscription"):
        named = [each["data"]["payment_id"] for each in seen.events(payment_id(image)) if each["type"] in _PAYS]
        if len(named) != len(set(named)) or not set(named) <= confirmed:
            yield f"paid by {named}, and confirmed are {confirmed}"


@always
def no_try_is_told_that_was_not_made(seen: Seen) -> Iterator[str]:
    declined = sum(max(each.tries - (each.status == "paid"), 0) for each in seen.invoices)
    declined += sum(each.state == "ended" for each in seen.charges)
    for image in seen.of("subscription"):
        told = [each["type"] for each in seen.events(payment_id(image))]
        if sum(map(told.count, _DECLINED)) > declined:
            yield f"told {told}, and Stripe knows of {declined} tries that were declined"


@always
def a_debt_is_of_an_open_payment(seen: Seen) -> Iterator[str]:
    """Its payment waits, and fails with the subscription. Where we charge, it has failed: the next try is another."""
    for subscription in subscriptions_of(seen):
        if subscription.renewed_by is Renewer.PLATFORM:
            continue
        waits = {each.id for each in payments_of(seen) if each.billing and each.state.value == "pending"}
        waits -= {subscription.payment}
        owed = {subscription.debt.payment} if subscription.debt else set()
        if owed != waits:
            yield f"{subscription.id} owes {owed or 'nothing'}, and {waits or 'nothing'} waits to be paid"


@eventually
def what_stripe_took_for_a_subscription_is_a_payment(seen: Seen) -> Iterator[str]:
    known = {each.id: each.state.value for each in payments_of(seen)}
    for invoice in seen.invoices:
        if invoice.paid and known.get(invoice.payment) not in _PAID:
            yield f"{invoice}, and {known}"


@eventually
def a_subscription_stands_as_at_its_provider(seen: Seen) -> Iterator[str]:
    """Whether it is over, whether it is to end, whether something is owed, and what it costs."""
    here = {each.id: each for each in subscriptions_of(seen)}
    for contract in seen.contracts:
        ours = here.get(contract.subscription)
        if ours is None:
            yield f"{contract} is not here"
        elif contract.status != _AT_STRIPE[ours.state]:
            yield f"{contract}, and it is {ours.status}"
        elif ours.is_open and contract.ends != (ours.ends_at is not None):
            yield f"{contract}, and it is to end at {ours.ends_at}"
        elif ours.is_open and contract.price != ours.terms.unit.amount:
            yield f"{contract}, and it costs {ours.terms.unit}"


_AT_STRIPE = {
    State.PENDING: "incomplete",
    State.TRIALING: "trialing",
    State.ACTIVE: "active",
    State.PAST_DUE: "past_due",
    State.ENDED: "canceled",
    State.EXPIRED: "incomplete_expired",
}


def subscriptions_of(seen: Seen) -> list[Subscription]:
    """As they stand."""
    return [as_subscription(image) for image in seen.of("subscription")]


def payments_of(seen: Seen) -> list[Payment]:
    """As they stand."""
    return [as_payment(image) for image in seen.of("payment")]

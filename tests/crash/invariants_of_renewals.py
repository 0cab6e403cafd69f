"""What must hold where the periods of a subscription are charged by us: each once, one at a time, and as it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.crash.invariants_of_subscriptions import payments_of, subscriptions_of
from tests.support.crashing_images import Image, as_payment, as_subscription
from tests.support.crashing_seen import Seen, is_billed_later, payment_id
from tollgate.payments.lifecycle import NEVER_MADE
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Payment
from tollgate.subscriptions import events
from tollgate.subscriptions.model import OVER, Renewer, Subscription, charge_id

_PAID = (PaymentState.CONFIRMED, PaymentState.SETTLED)
_PAYS = (events.RENEWED, events.CHARGED, events.LATE_PAYMENT)


@always
def a_period_is_charged_once_at_most(seen: Seen) -> Iterator[str]:
    """However many payments were tried for it: by its invoice of ours, and by the time at which it begins."""
    for name, about in (("invoice", lambda bill: bill.invoice), ("period", lambda bill: bill.period.start)):
        charged = Counter(about(each.billing) for each in _charges(seen) for _ in seen.taken(each.id))
        for what, number in charged.items():
            if number > 1:
                yield f"the {name} {what} was charged {number} times"


@always
def a_subscription_has_one_charge_on_its_way_at_most(seen: Seen) -> Iterator[str]:
    """At any time."""
    on_their_way: dict[str, set[str]] = {}
    for _, image in seen.history:
        if image["kind"] == {"S": "payment"} and is_billed_later(image):
            payment = as_payment(image)
            if payment.direct and payment.billing:
                others = on_their_way.setdefault(payment.billing.subscription, set())
                (others.add if _is_open(payment) else others.discard)(payment.id)
                if len(others) > 1:
                    yield f"{sorted(others)} were on their way at once"


@always
def what_is_on_its_way_is_noted_until_it_has_ended(seen: Seen) -> Iterator[str]:
    """The payment and the note of it are stored together, when it is begun and when it ends."""
    begun, ours = _charges(seen), [image for image in seen.of("subscription") if _is_ours(image)]
    once_noted = {id_ for image in ours for version in seen.versions(image) for id_ in _noted(version)}
    if not {each.id for each in begun} <= once_noted:
        yield f"noted were {once_noted or 'none'}, and begun {begun}"
    noted, on_its_way = {id_ for image in ours for id_ in _noted(image)}, {each.id for each in begun if _is_open(each)}
    if noted != on_its_way:
        yield f"noted are {noted or 'none'}, and on their way {on_its_way or 'none'}"


@always
def nothing_is_charged_of_what_is_over(seen: Seen) -> Iterator[str]:
    """A subscription does not end while it is being charged, nor is it charged after that."""
    over: set[str] = set()
    for _, image in seen.history:
        if image["kind"] == {"S": "subscription"} and _is_ours(image) and as_subscription(image).state in OVER:
            over.add(payment_id(image))
            if _noted(image):
                yield f"{payment_id(image)} is over, and being charged"
        elif image["kind"] == {"S": "payment"} and is_billed_later(image):
            payment = as_payment(image)
            if payment.billing and payment.billing.subscription in over and _is_open(payment):
                yield f"{payment.id} is on its way, and {payment.billing.subscription} is over"


@always
def what_is_charged_is_told_once(seen: Seen) -> Iterator[str]:
    """Together with the money, be it as a renewal or as money that came too late."""
    told = Counter(
        each["data"].get("payment_id")
        for image in seen.of("subscription")
        for each in seen.events(payment_id(image))
        if each["type"] in _PAYS
    )
    for payment in _charges(seen):
        if told[payment.id] != (payment.state in _PAID):
            yield f"{payment.id} is {payment.state.value}, and told {told[payment.id]} times"


@always
def what_was_declined_is_owed_and_what_was_never_made_is_not(seen: Seen) -> Iterator[str]:
    """A debt of ours is of a charge that a bank has declined, for the same period."""
    known = {each.id: each for each in payments_of(seen)}
    for of in _renewed_here(seen):
        if of.debt is None:
            continue
        payment = known.get(of.debt.payment)
        declined = payment is not None and payment.state is PaymentState.FAILED and payment.reason != NEVER_MADE
        if not declined or payment is None or not payment.billing or payment.billing.invoice != of.debt.invoice:
            yield f"{of.id} owes {of.debt}, for {payment}"


@always
def what_is_given_up_is_told_once(seen: Seen) -> Iterator[str]:
    for of in _renewed_here(seen):
        told = [each["type"] for each in seen.events(of.id)].count(events.FAILED)
        if told != (of.status == "unpaid"):
            yield f"it is {of.status}, and told {told} times"


@eventually
def no_charge_stays_on_its_way(seen: Seen) -> Iterator[str]:
    for of in _renewed_here(seen):
        if of.charging is not None:
            yield f"{of.id} is being charged since {of.charging.since}"


@eventually
def what_is_charged_for_a_period_is_paid_or_held(seen: Seen) -> Iterator[str]:
    for payment in _charges(seen):
        if seen.taken(payment.id) and payment.state not in _PAID and payment.review is None:
            yield f"{seen.taken(payment.id)} was taken, and {payment.id} is {payment.state.value}"


def _is_ours(subscription: Image) -> bool:
    return subscription["renewed_by"] == {"S": Renewer.PLATFORM.value}


def _noted(subscription: Image) -> list[str]:
    """The charge that is noted on it, if any."""
    of = as_subscription(subscription)
    return [charge_id(of, of.charging.key)] if of.charging else []


def _is_open(payment: Payment) -> bool:
    return payment.state in (PaymentState.PENDING, PaymentState.PROCESSING)


def _renewed_here(seen: Seen) -> list[Subscription]:
    return [each for each in subscriptions_of(seen) if each.renewed_by is Renewer.PLATFORM]


def _charges(seen: Seen) -> list[Payment]:
    """What we have charged for periods that follow the first."""
    return [each for each in map(as_payment, filter(is_billed_later, seen.of("payment"))) if each.direct]

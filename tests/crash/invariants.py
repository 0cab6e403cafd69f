"""What must hold after every crash and every recovery, whatever the operation was. Each yields what is wrong.

Add a function with `@always` or `@eventually`; it is checked at every point of every operation. What holds always must
hold before the reconciler runs too: there are things that cannot be mended, only hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.units import item_bytes
from tests.support.crashing import Invariant
from tests.support.crashing_client import is_unknown
from tests.support.crashing_images import Image, as_payment
from tests.support.crashing_seen import Seen, is_billed_later, payment_id
from tests.support.deployment import Answer
from tollgate.checkout.drafting import BALANCE
from tollgate.payments.deposits import UNWANTED
from tollgate.payments.events import (
    DEPOSIT_RECEIVED,
    PAYMENT_CREATED,
    PURCHASE_CONFIRMED,
    REVIEW_REQUIRED,
    TYPE_OF,
)
from tollgate.payments.lifecycle import Fact

ALWAYS: list[Invariant] = []
EVENTUALLY: list[Invariant] = []
LARGEST_PAYMENT = 1024
_ENDED = ("failed", "cancelled")
# What an event says about the state, by its type. The others leave it as it was.
_STATE_AFTER = {
    PAYMENT_CREATED: "pending",
    PURCHASE_CONFIRMED: "confirmed",
    DEPOSIT_RECEIVED: "confirmed",
    "payments.payment.processing": "processing",
    "payments.payment.settled": "settled",
    "payments.transaction.failed": "failed",
    "payments.payment.cancelled": "cancelled",
}
# What says that the money is there for what it was paid for.
_CONFIRMED = {PURCHASE_CONFIRMED, DEPOSIT_RECEIVED}
# What says that a provider is to be asked from then on.
_ASKS = (PAYMENT_CREATED, TYPE_OF[Fact.REROUTED])
_SETTLED = {"applied", "repeated", "stale", "ignored", "held"}


def always(check: Invariant) -> Invariant:
    """No retry and no repair may be needed for this."""
    ALWAYS.append(check)
    return check


def eventually(check: Invariant) -> Invariant:
    """True once the retries of others, and the reconciler, have run."""
    EVENTUALLY.append(check)
    return check


@always
def one_wish_makes_one_payment(seen: Seen) -> Iterator[str]:
    """But for what is billed later by itself."""
    payments = [payment_id(each) for each in _ours(seen) if not is_billed_later(each)]
    if any(each != seen.purchase.payment for each in payments):
        yield f"{payments} instead of {seen.purchase.payment} alone"


@always
def a_payment_has_one_page_at_most_that_can_be_paid(seen: Seen) -> Iterator[str]:
    """One for each time that it came to a provider; whichever was left, nobody has seen its page."""
    spare = 1 if seen.fault is not None and seen.fault.leaves_a_page else 0
    shown = {answer.body.get("providerCheckoutSessionId") for answer in seen.purchase.answers} - {None}
    payable = Counter((page.payment, page.provider) for page in seen.pages if page.status != "expired")
    for (payment, provider), number in payable.items():
        came = [
            event for event in seen.events(payment) if event["type"] in _ASKS and event["data"]["provider"] == provider
        ]
        if number > max(len(came), 1) + spare:
            yield f"{payment} has {number} pages at {provider} that can be paid, or were"
    if len(shown) > 1:
        yield f"the client was shown {shown}"


@always
def a_payment_that_ended_shows_no_page_that_can_be_paid(seen: Seen) -> Iterator[str]:
    shown = {answer.body.get("providerCheckoutSessionId") for answer in seen.purchase.answers}
    for image in seen.of("payment"):
        still_open = [page for page in seen.pages if page.payment == payment_id(image) and page.status == "open"]
        if image["state"]["S"] in _ENDED and any(page.reference in shown for page in still_open):
            yield f"{payment_id(image)} is {image['state']['S']}, and {still_open} can be paid"


@always
def a_payment_is_captured_once_at_most(seen: Seen) -> Iterator[str]:
    for payment, number in Counter(money.payment for money in seen.money).items():
        if number > 1:
            yield f"{payment} was captured {number} times"


@always
def a_payment_is_confirmed_once_at_most_and_only_for_money(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        types = [event["type"] for event in seen.events(payment_id(image))]
        confirmed, taken = sum(each in _CONFIRMED for each in types), seen.taken(payment_id(image))
        # By gift cards and credit; or there is nothing to take, for a trial.
        is_covered = image["provider"]["S"] == BALANCE or image["amount"]["N"] == "0"
        if confirmed > min(len(taken) + is_covered, 1):
            yield f"confirmed {confirmed} times, for {taken or 'no money'}"


@eventually
def money_is_confirmed_or_held(seen: Seen) -> Iterator[str]:
    """Held for a decision, when it came after the end."""
    for image in seen.of("payment"):
        types = {event["type"] for event in seen.events(payment_id(image))}
        if seen.taken(payment_id(image)) and not types & {*_CONFIRMED, REVIEW_REQUIRED}:
            yield f"{seen.taken(payment_id(image))} was taken, and nothing is said of it"
        if types & _CONFIRMED and REVIEW_REQUIRED in types:
            yield "confirmed and held"


@eventually
def money_without_a_payment_is_nowhere(seen: Seen) -> Iterator[str]:
    known = {payment_id(image) for image in seen.of("payment")} | {payment_id(image) for image in seen.of("expected")}
    for money in seen.money:
        if money.payment not in known:
            yield f"{money} belongs to no payment of ours"


@always
def events_have_no_gaps(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        sequences = [event["sequence"] for event in seen.events(payment_id(image))]
        if sequences != list(range(1, int(image["version"]["N"]) + 1)):
            yield f"version {image['version']['N']}, and events {sequences}"
    for image in seen.of("event"):
        if any(version["body"] != image["body"] for version in seen.versions(image)):
            yield f"{image['sk']['S']} of {image['pk']['S']} was written twice"


@always
def the_state_is_what_the_events_say(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        events, state = seen.events(payment_id(image)), "none"
        for event in events:
            unwanted = event["data"].get("review") == UNWANTED
            state = "cancelled" if unwanted else _STATE_AFTER.get(event["type"], state)
            gone = any("refund" in each["data"] for each in events[: event["sequence"]])
            if not gone and event["data"]["status"] != state:
                yield f"event {event['sequence']} says {event['data']['status']} where {state} was due"
        if image["state"]["S"] != state:
            yield f"stored as {image['state']['S']}, told as {state}"
        told, refundable = sum(_taken(event) for event in events), _refundable(image)
        told = next((event["data"]["refundable"] for event in reversed(events) if "refund" in event["data"]), told)
        if refundable != told:
            yield f"{refundable} may go back, {told} should"


def _taken(event: Mapping[str, Any]) -> int:
    """From the provider, and with that from the tenders."""
    tenders = event["data"].get("tenders", []) if event["type"] == PURCHASE_CONFIRMED else []
    return int(event["data"].get("captured", 0)) + sum(int(each["amount"]) for each in tenders)


def _refundable(payment: Image) -> int:
    return as_payment(payment).refundable


@always
def a_payment_stays_below_a_kilobyte(seen: Seen) -> Iterator[str]:
    for image in seen.of("payment"):
        largest = max(item_bytes(version) for version in seen.versions(image))
        if largest > LARGEST_PAYMENT:
            yield f"{largest} bytes"


@always
def acknowledged_webhooks_are_stored(seen: Seen) -> Iterator[str]:
    stored = {(image["provider"]["S"], image["event_id"]["S"]) for image in seen.of("provider_event")}
    for provider, event in seen.acknowledged:
        if (provider, event) not in stored:
            yield f"{provider}'s {event} was acknowledged, and is not here"


@eventually
def provider_events_are_settled_or_wait_for_a_payment_that_is_not_here(seen: Seen) -> Iterator[str]:
    flagged = {payment_id(image) for image in _waited_for(seen) if "parked" in image}
    here = {payment_id(image) for image in _waited_for(seen)}
    waits_for = {image["sk"]["S"]: payment_id(image) for image in seen.of("parked") if "ttl" not in image}
    for image in seen.of("provider_event"):
        name, status = f"{image['provider']['S']}#{image['event_id']['S']}", image["status"]["S"]
        payment = waits_for.get(name)
        waits = status == "parked" and payment is not None and (payment in flagged or payment not in here)
        if status not in _SETTLED and not waits:
            yield f"{name} ({image['type']['S']}) is {status}"


def _waited_for(seen: Seen) -> list[Image]:
    return [*seen.of("payment"), *seen.of("subscription")]


@eventually
def nothing_that_was_woken_stays_parked(seen: Seen) -> Iterator[str]:
    """A mark on a payment or in its place is there for as long as events wait for it, and no longer."""
    parked = {
        f"{image['provider']['S']}#{image['event_id']['S']}"
        for image in seen.of("provider_event")
        if image["status"]["S"] == "parked"
    }
    waiting = {payment_id(image) for image in seen.of("parked") if "ttl" not in image and image["sk"]["S"] in parked}
    marked = {payment_id(image) for image in _waited_for(seen) if "parked" in image}
    marked |= {payment_id(image) for image in seen.of("expected")}
    if waiting != marked:
        yield f"events wait for {waiting or 'nothing'}, marks are on {marked or 'nothing'}"


@eventually
def the_request_is_finished(seen: Seen) -> Iterator[str]:
    for image in seen.of("idempotency"):
        if "response_status" not in image:
            yield f"{image['operation']['S']} has no answer, attempt {image['attempt']['N']}"
        elif "parameters" in image:
            yield "the provider's parameters are kept though the work is done"


@always
def a_finished_request_never_changes(seen: Seen) -> Iterator[str]:
    """Whoever lost the work to another writes nothing any more."""
    for image in seen.of("idempotency"):
        answered = [version for version in seen.versions(image) if "response_status" in version]
        if len(answered) > 1:
            yield f"its answer was written {len(answered)} times"


@always
def the_client_has_one_answer_and_it_names_the_payment(seen: Seen) -> Iterator[str]:
    purchase = seen.purchase
    answers = [(answer.status, _lasting(answer.body)) for answer in _last_words(purchase.answers)]
    waits = bool(purchase.refusals) and is_unknown(purchase.refusals[-1])
    if seen.returned and seen.wishes and not answers and not waits:
        yield f"none but {[(each.status, each.body.get('code')) for each in purchase.refusals]}"
    if any(answer != answers[0] for answer in answers):
        yield f"{answers}"
    stored = [payment_id(image) for image in seen.of("subscription") or _ours(seen)]
    if any(answer.status == 201 and [answer.body["id"]] != stored for answer in purchase.answers):
        yield f"{answers[0][1]['id']} was answered, {stored} is stored"


def _ours(seen: Seen) -> list[Image]:
    """The payments of whoever is looked at, without those of others beside."""
    return [image for image in seen.of("payment") if payment_id(image) not in seen.purchase.beside]


def _last_words(answers: Sequence[Answer]) -> Sequence[Answer]:
    """That money is set aside is none, where what became of it was answered since."""
    later = [place for place, answer in enumerate(answers) if answer.body.get("outcome") != "authorized"]
    return answers[later[0] :] if later else answers


def _lasting(body: dict[str, object]) -> dict[str, object]:
    """An error says when it was told, which is no part of the answer."""
    return {name: value for name, value in body.items() if name != "timestamp"}


@always
def trouble_is_explained(seen: Seen) -> Iterator[str]:
    """A client that has to ask again is told so; a 500 says that nobody thought of it."""
    for answer in (*seen.purchase.refusals, *seen.purchase.answers):
        if answer.status == 500:
            yield f"{answer.body}"

"""What must hold of value that people hold with us: on gift cards, as credit, and set aside for open payments.

It is never waited for: whatever changes a card or a credit is in one transaction with its reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.crash.invariants import always
from tests.support.crashing_cards import CODES
from tests.support.crashing_images import Image, as_gift_card, as_payment
from tests.support.crashing_seen import Seen, payment_id
from tollgate.gift_cards import events
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.spending import REDEEM, USE
from tollgate.payments.model import Payment
from tollgate.payments.tenders import Tender, TenderKind, TenderState

_LIABILITY = "gift_card_liability"
_TENDERS_OF = {
    "pending": TenderState.HELD,
    "processing": TenderState.HELD,
    "confirmed": TenderState.CAPTURED,
    "settled": TenderState.CAPTURED,
    "failed": TenderState.VOIDED,
    "cancelled": TenderState.VOIDED,
}
_PAID = ("confirmed", "settled")
# What an event adds to what a card is worth, and to what is held of it, by the word in its data.
_WORTH = {
    events.ACTIVATED: ("amount", 1),
    events.USED: ("used", -1),
    events.REDEEMED: ("redeemed", -1),
    events.CAPTURED: ("captured", -1),
    events.RESTORED: ("restored", 1),
    events.EXPIRED: ("expired_amount", -1),
    **dict.fromkeys((events.REFUNDING, events.CANCELLED, events.REINSTATED, events.ADJUSTED), ("reversed", -1)),
}
_HELD = {events.HELD: ("hold", 1), events.CAPTURED: ("captured", -1), events.RELEASED: ("released", -1)}


@always
def no_gift_card_is_worth_more_than_was_paid_for_it(seen: Seen) -> Iterator[str]:
    """And came back to it."""
    for image in seen.of("gift_card"):
        restored = sum(_moved(event, {events.RESTORED: ("restored", 1)}) for event in _told(seen, image))
        most = max(_worth(as_gift_card(version)) for version in seen.versions(image))
        if most > int(image["amount"]["N"]) + restored:
            yield f"{most} was on {_id(image)}, of {image['amount']['N']} and {restored} that came back"


@always
def nothing_is_spent_that_is_not_there(seen: Seen) -> Iterator[str]:
    for image in (*seen.of("gift_card"), *seen.of("credit")):
        least = min(int(version["available"]["N"]) for version in seen.versions(image))
        if least < 0:
            yield f"{image['pk']['S']} was at {least}"


@always
def a_gift_cards_events_have_no_gaps_and_say_what_is_on_it(seen: Seen) -> Iterator[str]:
    for image in seen.of("gift_card"):
        told, stored = _told(seen, image), {card.version: card for card in map(as_gift_card, seen.versions(image))}
        if [event["sequence"] for event in told] != list(range(1, max(stored) + 1)):
            yield f"version {max(stored)}, and events {[event['sequence'] for event in told]}"
        worth = held = 0
        for event in told:
            worth, held = worth + _moved(event, _WORTH), held + _moved(event, _HELD)
            card, data = stored.get(event["sequence"]), event["data"]
            if (data["available"] + data["held"], data["held"]) != (worth, held):
                yield f"event {event['sequence']} says {data}, where {worth} was due, and {held} of it held"
            if card is not None and (card.available, card.held) != (data["available"], data["held"]):
                yield f"version {card.version} has {card.available} and {card.held}, and its event says {data}"


@always
def each_change_of_a_gift_cards_worth_is_posted_once(seen: Seen) -> Iterator[str]:
    """No entry is about two cards here."""
    moved = [_moved(event, _WORTH) for image in seen.of("gift_card") for event in _told(seen, image)]
    told, posted = sorted(filter(None, moved)), sorted(_posted(seen, _LIABILITY))
    if told != posted:
        yield f"told {told}, posted {posted}"


@always
def gift_cards_are_worth_what_is_owed_on_them(seen: Seen) -> Iterator[str]:
    """All that can be spent of them, and all that is held."""
    worth, owed = sum(_worth(as_gift_card(image)) for image in seen.of("gift_card")), sum(_posted(seen, _LIABILITY))
    if worth != owed:
        yield f"{worth} is on cards, and {owed} is owed"


@always
def credit_is_what_is_owed_to_its_customer(seen: Seen) -> Iterator[str]:
    """What can be spent of it, and what open payments hold."""
    left = Counter({_id(image): int(image["available"]["N"]) for image in seen.of("credit")})
    for tender in _tenders(seen):
        if (tender.kind, tender.state) == (TenderKind.CREDIT, TenderState.HELD):
            left[tender.account] += tender.amount
    owed = Counter[str]()
    for image in seen.of("journal_entry"):
        for account, amount in _postings(image).items():
            kind, _, customer = account.partition(":")
            owed[customer] += amount if kind == "customer_credit" else 0
    for customer in left | owed:
        if left[customer] != owed[customer]:
            yield f"{customer} has {left[customer]}, and is owed {owed[customer]}"


@always
def a_gift_card_holds_what_open_payments_hold_of_it(seen: Seen) -> Iterator[str]:
    on_cards = {
        (_id(image), hold.id, hold.amount) for image in seen.of("gift_card") for hold in as_gift_card(image).holds
    }
    of_payments = {
        (tender.account, tender.id, tender.amount)
        for tender in _tenders(seen)
        if (tender.kind, tender.state) == (TenderKind.GIFT_CARD, TenderState.HELD)
    }
    if on_cards != of_payments:
        yield f"cards hold {on_cards or 'nothing'}, payments {of_payments or 'nothing'}"


@always
def a_hold_is_made_once_and_ends_once(seen: Seen) -> Iterator[str]:
    told = [event for image in seen.of("gift_card") for event in _told(seen, image) if event["type"] in _HELD]
    for what in ((events.HELD,), (events.CAPTURED, events.RELEASED)):
        for hold, number in Counter(each["data"]["hold_id"] for each in told if each["type"] in what).items():
            if number > 1:
                yield f"{hold} was {what} {number} times"


@always
def tenders_go_the_way_of_their_payment(seen: Seen) -> Iterator[str]:
    for payment in _payments(seen):
        states = {each.state for each in payment.tenders}
        if states - {_TENDERS_OF[payment.state.value]}:
            yield f"{payment.id} is {payment.state.value}, and {payment.tenders}"


@always
def what_is_confirmed_is_paid_in_full(seen: Seen) -> Iterator[str]:
    """By the provider and the tenders together."""
    for payment in _payments(seen):
        taken = sum(money.amount for money in seen.taken(payment.id))
        paid = sum(each.amount for each in payment.tenders if each.state is TenderState.CAPTURED) + taken
        if payment.state.value in _PAID and paid != payment.amount.amount:
            yield f"{paid} was paid for {payment.id}, which costs {payment.amount}"


@always
def a_gift_card_can_be_spent_once_its_purchase_is_paid(seen: Seen) -> Iterator[str]:
    for payment in _payments(seen):
        cards = [image for image in seen.of("gift_card") if payment.gift_card == _id(image)]
        if payment.gift_card is not None and len(cards) != 1:
            yield f"{payment.id} buys {payment.gift_card}, which is there {len(cards)} times"
        for image in cards:
            activated = [event["type"] for event in _told(seen, image)].count(events.ACTIVATED)
            if activated != (payment.state.value in _PAID):
                yield f"{payment.id} is {payment.state.value}, and its card was activated {activated} times"


@always
def a_key_spends_once(seen: Seen) -> Iterator[str]:
    """And what was answered has happened."""
    for operation, type_ in ((USE, events.USED), (REDEEM, events.REDEEMED)):
        answers = [image for image in seen.of("idempotency") if image["operation"]["S"] == operation]
        spent = [event for image in seen.of("gift_card") for event in _told(seen, image) if event["type"] == type_]
        if len(spent) != len(answers) or len(spent) > 1:
            yield f"{len(answers)} answers to {operation} are stored, and it was done {len(spent)} times"


@always
def a_gift_cards_code_is_nowhere(seen: Seen) -> Iterator[str]:
    """Not in what was ever stored, published, logged or measured, however it is written."""
    codes = [CODES.again(c.tenant, c.payment_id, c.code_version, c.code_key, c.id) for c in _cards(seen)]
    if not codes:
        return
    kept = {
        "stored": json.dumps([image for _, image in seen.history]),
        "published": json.dumps([entry.envelope for entry in seen.bus]),
        "printed": seen.printed,
    }
    for code in codes:
        if code is None:
            yield "a code cannot be made again"
            continue
        written = code.code.lower()
        yield from (
            f"a code is {where}"
            for where, text in kept.items()
            if written in text.lower() or written.replace("-", "") in text.lower()
        )


def _cards(seen: Seen) -> list[GiftCard]:
    return [as_gift_card(image) for image in seen.of("gift_card")]


def _payments(seen: Seen) -> list[Payment]:
    return [as_payment(image) for image in seen.of("payment")]


def _tenders(seen: Seen) -> list[Tender]:
    return [tender for payment in _payments(seen) for tender in payment.tenders]


def _worth(card: GiftCard) -> int:
    return card.available + card.held


def _id(image: Image) -> str:
    """Of a card; of a credit, its customer's."""
    return payment_id(image)


def _told(seen: Seen, image: Image) -> list[dict[str, Any]]:
    return seen.events(_id(image))


def _moved(event: Mapping[str, Any], by: Mapping[str, tuple[str, int]]) -> int:
    """What an event adds. A card that is cancelled unpaid says nothing of money."""
    word, sign = by.get(event["type"], ("", 0))
    return sign * int(event["data"].get(word, 0))


def _posted(seen: Seen, account: str) -> list[int]:
    """Every posting to an account."""
    found = [_postings(image) for image in seen.of("journal_entry")]
    return [postings[account] for postings in found if account in postings]


def _postings(entry: Image) -> dict[str, int]:
    return dict(json.loads(entry["postings"]["S"]))

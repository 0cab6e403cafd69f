"""What must hold of gift cards, credit and tenders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.readable import readable
from tests.simulation.rooms import TERMS
from tests.simulation.seen import Seen
from tollgate.checkout.drafting import BALANCE
from tollgate.gift_cards import events
from tollgate.gift_cards.model import CardState, GiftCard
from tollgate.gift_cards.ports import customer_of
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.ledger.accounts import GIFT_CARD_LIABILITY
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import Tender, TenderKind, TenderState

_OPEN, _PAID = (State.PENDING, State.PROCESSING), (State.CONFIRMED, State.SETTLED)
_FOLLOWS = {
    **dict.fromkeys(_OPEN, TenderState.HELD),
    **dict.fromkeys(_PAID, TenderState.CAPTURED),
    State.FAILED: TenderState.VOIDED,
    State.CANCELLED: TenderState.VOIDED,
}
# What went onto tenders stays there, also where the provider's part came back.
_WENT = (RefundState.SUCCEEDED, RefundState.RETURNED)
_CREDIT = "customer_credit:"

type Customer = tuple[str, str, str]


def what_is_on_cards_is_what_is_owed(seen: Seen) -> Iterator[str]:
    """Held or not, it is its holder's until it is spent."""
    there: Counter[tuple[str, str]] = Counter()
    for card in seen.cards():
        there[card.tenant, card.currency] += card.available + card.held
    owed = {place[:2]: amount for place, amount in seen.balances().items() if place[2] == GIFT_CARD_LIABILITY}
    for place in there.keys() | owed.keys():
        if there[place] != owed.get(place, 0):
            yield f"{place}: {there[place]} is on cards, the books say {owed.get(place, 0)}"


def credit_is_what_is_owed(seen: Seen) -> Iterator[str]:
    """Each customer's, with what open checkouts hold of it."""
    there = Counter(seen.credits())
    for payment, tender, _ in _tenders(seen, TenderKind.CREDIT):
        if tender.state is TenderState.HELD:
            there[payment.tenant, payment.amount.currency, tender.account] += tender.amount
    owed = {
        (tenant, currency, account.removeprefix(_CREDIT)): amount
        for (tenant, currency, account), amount in seen.balances().items()
        if account.startswith(_CREDIT)
    }
    for customer in there.keys() | owed.keys():
        if there[customer] != owed.get(customer, 0) or there[customer] < 0:
            yield f"{customer} has {there[customer]}, the books say {owed.get(customer, 0)}"


def credit_is_what_came_and_went(seen: Seen) -> Iterator[str]:
    """Told by what happened to cards and payments; the books are not asked."""
    expected: Counter[Customer] = Counter()
    for card, data in _told(seen, events.REDEEMED):
        expected[card.tenant, card.currency, customer_of(card.tenant, data["user_id"])] += data["redeemed"]
    for payment, tender, back in _tenders(seen, TenderKind.CREDIT):
        if tender.state is not TenderState.VOIDED:
            expected[payment.tenant, payment.amount.currency, tender.account] += sum(back.values()) - tender.amount
    there = seen.credits()
    for customer in expected.keys() | there.keys():
        if expected[customer] != there.get(customer, 0):
            yield f"{customer} has {there.get(customer, 0)}, what happened says {expected[customer]}"


def every_card_adds_up(seen: Seen) -> Iterator[str]:
    """After each of its events: what it was sold for is there, or is said to have gone somewhere."""
    for card in seen.cards():
        gone: Counter[str] = Counter()
        face = 0
        for event in seen.events_of(card):
            gone.update({name: event.data.get(name, 0) for name in _GOES})
            face += card.amount if event.type == events.ACTIVATED else 0
            left = event.data["available"] + event.data["held"]
            came = gone["restored"] + gone["breakage_reversed"]
            if left + gone.total() - 2 * came != face:
                yield f"{card.id} of {face} has {left} left after {event.type} {event.sequence}, {dict(gone)} went"
                break
        said = seen.events_of(card)[-1].data
        if (card.available, card.held) != (said["available"], said["held"]):
            yield f"{card.id} has {card.available} and holds {card.held}, and says {said}"


_GOES = ("used", "redeemed", "captured", "expired_amount", "reversed", "restored", "breakage_reversed")


def what_is_held_is_an_open_tender(seen: Seen) -> Iterator[str]:
    held = Counter({(card.id, hold.id): hold.amount for card in seen.cards() for hold in card.holds})
    tenders = [tender for _, tender, _ in _tenders(seen, TenderKind.GIFT_CARD) if tender.state is TenderState.HELD]
    open_ = Counter({(tender.account, tender.id): tender.amount for tender in tenders})
    for place in held.keys() | open_.keys():
        if held[place] != open_[place]:
            yield f"{place} holds {held[place]}, the open tender is of {open_[place]}"


def tenders_follow_their_payment(seen: Seen) -> Iterator[str]:
    """Taken where it was paid, let go where it came to nothing, and never both, nor back."""
    for payment in seen.payments():
        for tender in payment.tenders:
            # A page that was paid in a wrong amount is paid no second time: what was held for it is let go at once.
            paid_wrongly = payment.state in (State.PENDING, State.PROCESSING) and payment.captures
            if tender.state is not (TenderState.VOIDED if paid_wrongly else _FOLLOWS[payment.state]):
                yield f"{payment.id} is {payment.state}, its tender {tender.id} {tender.state}"
        if payment.tenders and payment.state in _PAID:
            taken = payment.captures[0].amount.amount + sum(each.amount for each in payment.tenders)
            if taken != payment.amount.amount:
                yield f"{payment.id} of {payment.amount} was paid with {taken}"
    for place, versions in seen.versions("payment"):
        states = {(t.id, t.state) for each in versions if isinstance(each, Payment) for t in each.tenders}
        ends = Counter(id_ for id_, state in states if state is not TenderState.HELD)
        yield from (f"{id_} of {place} was resolved in {count} ways" for id_, count in ends.items() if count > 1)


def what_went_back_came_to_the_card(seen: Seen) -> Iterator[str]:
    """Once for each refund."""
    expected: Counter[tuple[str, str]] = Counter()
    for _, tender, back in _tenders(seen, TenderKind.GIFT_CARD):
        expected.update({(tender.account, refund): amount for refund, amount in back.items()})
    came: Counter[tuple[str, str]] = Counter()
    for card, data in _told(seen, events.RESTORED):
        came[card.id, data["refund_id"]] += data["restored"]
    for place in expected.keys() | came.keys():
        if expected[place] != came[place]:
            yield f"{place}: {expected[place]} went back, {came[place]} came to the card"


def no_tender_gets_back_more_than_it_paid(seen: Seen) -> Iterator[str]:
    for kind in TenderKind:
        for payment, tender, back in _tenders(seen, kind):
            if sum(back.values()) > (tender.amount if tender.state is TenderState.CAPTURED else 0):
                yield f"{back} went back onto {tender} of {payment.id}"


def a_card_lives_and_dies_with_its_purchase(seen: Seen) -> Iterator[str]:
    """It is made once, with its payment; activated once, when that is paid; and loses what that loses."""
    bought = {each.gift_card: each for each in seen.payments() if each.gift_card is not None}
    cards = {card.id: card for card in seen.cards()}
    yield from (f"{each.id} buys a card that is not there" for id_, each in bought.items() if id_ not in cards)
    for card in cards.values():
        payment = bought.get(card.id)
        if payment is None or payment.id != card.payment_id:
            yield f"{card.id} is nobody's purchase"
            continue
        told = [event.type for event in seen.events_of(card)]
        if told.count(events.ACTIVATED) != (payment.state in _PAID):
            yield f"{card.id} was activated {told.count(events.ACTIVATED)} times, its payment is {payment.state}"
        gone = _gone_of_sale(payment)
        lost = sum(event.data.get("reversed", 0) for event in seen.events_of(card))
        if lost != (gone if payment.state in _PAID else 0):
            yield f"{card.id} lost {lost}, its purchase {gone}"
        if card.state not in _may_be(payment, gone):
            yield f"{card.id} is {card.state}, its payment {payment.status}, of which {gone} went back"


def _may_be(payment: Payment, gone: int) -> tuple[CardState, ...]:
    if payment.state not in _PAID:
        return (CardState.PENDING,) if payment.state in _OPEN else (CardState.CANCELLED,)
    if gone >= payment.amount.amount:
        return (CardState.CANCELLED,)
    disputed = any(each.state is DisputeState.OPEN and not each.held for each in payment.disputes)
    return (CardState.REFUNDING,) if disputed else (CardState.ACTIVE, CardState.EXPIRED)


def a_card_is_overdrawn_only_by_others(seen: Seen) -> Iterator[str]:
    """By no request of ours: by a bank, or at the provider's dashboard."""
    done_to_us = seen.done_to_us()
    for place, versions in seen.versions("gift_card"):
        for card in versions:
            if card.available < 0 and card.payment_id not in done_to_us:
                yield f"{place}: {card.available} is left at version {card.version}"


def each_redemption_gives_credit_and_votes_once(seen: Seen) -> Iterator[str]:
    given = Counter(each.subject_id for each in seen.entries() if each.kind == "gift_card_redeemed")
    answered: Counter[str] = Counter()
    for request in seen.world.requests:
        if request.name == "redeem" and request.answers and request.answers[0][1].status == 200:
            answered[json.loads(request.answers[0][1].body)["giftCardId"]] += 1
    for card in seen.cards():
        told = [event.data for event in seen.events_of(card) if event.type == events.REDEEMED]
        if not answered[card.id] <= len(told) == given[card.id]:
            yield f"{card.id} was redeemed {len(told)} times, booked {given[card.id]}, answered {answered[card.id]}"
        for data in told:
            due = data["redeemed"] * TERMS.vote_multiplier // 10 ** MINOR_DIGITS[card.currency]
            if data["votes"] != due:
                yield f"{card.id} gave {data['votes']} votes for {data['redeemed']}, not {due}"


def each_use_is_made_once(seen: Seen) -> Iterator[str]:
    """The reference is the request's key: nobody else has it."""
    used = Counter(data["reference"] for _, data in _told(seen, events.USED))
    yield from (f"{reference} was used {count} times" for reference, count in used.items() if count > 1)
    for request in seen.world.requests:
        if request.name == "use" and request.answers:
            answer = json.loads(request.answers[0][1].body)
            if answer.get("success") and used[answer["reference"]] != 1:
                yield f"{answer} was answered, and is no event"


def nothing_is_under_review_that_took_no_money(seen: Seen) -> Iterator[str]:
    """There would be nothing to decide, and nobody who could."""
    for payment in seen.payments():
        if payment.provider == BALANCE and (payment.review is not None or len(payment.captures) > 1):
            yield f"{payment.id} ({payment.state}) is under review: {payment.review}"


def a_code_stands_nowhere(seen: Seen) -> Iterator[str]:
    """Not in anything that was stored, published or answered: neither with dashes nor without."""
    codes = {_code_of(seen, card): card.id for card in seen.cards()}
    if not codes:
        return
    told = [answer.body for request in seen.world.requests for _, answer in request.answers]
    stored = [each for each in seen.world.rooms.stored.store.stream if each.place[0] != "sweep"]
    everything = readable([stored, seen.world.rooms.bus.taken, told])
    for code, id_ in codes.items():
        if code.encode() in everything or code.replace("-", "").encode() in everything:
            yield f"the code of {id_} can be read"


def _code_of(seen: Seen, card: GiftCard) -> str:
    made = seen.world.rooms.codes.again(card.tenant, card.payment_id, card.code_version, card.code_key, card.id)
    assert made is not None, "its key is gone"
    return made.code


def _tenders(seen: Seen, kind: TenderKind) -> Iterator[tuple[Payment, Tender, Counter[str]]]:
    """Each of them, with what went back onto it, by refund."""
    for payment in seen.payments():
        went = [each for each in payment.refunds if each.state in _WENT]
        for tender in payment.tenders:
            if tender.kind is kind:
                parts = [(each.id, part) for each in went for part in each.tendered if part.tender == tender.id]
                yield payment, tender, Counter({refund: part.amount for refund, part in parts})


def _told(seen: Seen, type_: str) -> Iterator[tuple[GiftCard, Mapping[str, Any]]]:
    """What every event of this type says, with its card."""
    for card in seen.cards():
        yield from ((card, event.data) for event in seen.events_of(card) if event.type == type_)


def _gone_of_sale(payment: Payment) -> int:
    refunded = sum(e.amount for e in payment.refunds if e.state is RefundState.SUCCEEDED and not e.held)
    return refunded + sum(e.amount for e in payment.disputes if e.state is not DisputeState.WON and not e.held)

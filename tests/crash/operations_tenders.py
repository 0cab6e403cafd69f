"""Operations on checkouts that are paid with a gift card and credit first, and with a card at Stripe for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.crash.invariants_of_reversals import key_is_spent
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.support.crashing import Operation
from tests.support.crashing_cards import CREDIT, WORTH, card_of, give_card_and_credit
from tests.support.crashing_client import TENANT
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import token

# Two tickets cost 100.00.
PRICE, BY_CARD, BY_CREDIT = 10_000, 4_000, 2_000
DUE = PRICE - BY_CARD - BY_CREDIT


# --- the buyer, and an admin ---


def _ask(world: World) -> None:
    world.ask(world.purchase)


def _insist(world: World) -> None:
    world.insist(world.purchase)


def _pay(world: World) -> None:
    """Each page that was ever shown, and ask once more."""
    for answer in world.purchase.answers:
        world.stripe.pay(answer.body["providerCheckoutSessionId"])
    world.ask(world.purchase)


def _cancel_once(world: World) -> Answer:
    return world.call("POST", f"/payments/checkout/{world.purchase.payment}/cancel")


def _cancel(world: World) -> None:
    _cancel_once(world)


def _insist_on_cancelling(world: World) -> None:
    assert world.until_answered(lambda: _cancel_once(world)).status == 200


def _refund_once(world: World) -> Answer:
    headers = {"authorization": f"Bearer {token('boss', TENANT, 'admin')}", "idempotency-key": world.purchase.key}
    return world.call("POST", f"/transactions/{world.purchase.payment}/refund", {"amount": PRICE}, headers)


def _refund(world: World) -> None:
    _refund_once(world)


def _insist_on_refunding(world: World) -> None:
    first = world.until_answered(lambda: _refund_once(world))
    assert first.status == 200, first
    assert _refund_once(world).body == first.body


# --- what they are prepared with ---


def _holder(world: World) -> None:
    """Has more than the purchase will take, and says how much it may be."""
    _holder_of(world, BY_CARD, BY_CREDIT)


def holder_again(world: World) -> None:
    """What an instance reads once in a while is read: somebody has bought something just now."""
    world.warm()
    _holder(world)


def _holder_of_enough(world: World) -> None:
    _holder_of(world, PRICE - CREDIT, CREDIT)


def _holder_of(world: World, by_card: int, by_credit: int) -> None:
    give_card_and_credit(world)
    card = {"type": "gift_card", "code": card_of(world.purchase).code, "amount": by_card}
    world.purchase.tenders = [card, {"type": "credit", "amount": by_credit}]


def _held(world: World) -> None:
    _holder(world)
    world.insist(world.purchase)
    world.flow()


def _paid_unheard(world: World) -> None:
    """The rest is paid; that was told, and is not applied."""
    _held(world)
    _pay(world)
    world.deliver_all()
    world.inbox.look()


def _expired_unheard(world: World) -> None:
    _held(world)
    world.stripe.expire(world.purchase.answers[0].body["providerCheckoutSessionId"])
    world.deliver_all()
    world.inbox.look()


def _paid(world: World) -> None:
    _held(world)
    _pay(world)
    world.flow()


def _covered_and_told(world: World) -> None:
    _holder_of_enough(world)
    world.insist(world.purchase)
    world.flow()


# --- how it should end ---


def _ended(seen: Seen, state: str, on_card: int, credit: int, taken: int) -> Iterator[str]:
    """The payment in this state, with so much left on the card and of the credit, and so much with Stripe."""
    found = (
        [image["state"]["S"] for image in seen.of("payment")],
        [int(image["available"]["N"]) for image in seen.of("gift_card")],
        [int(image["available"]["N"]) for image in seen.of("credit")],
        sum(money.amount for money in seen.money),
    )
    if found != ([state], [on_card], [credit], taken):
        yield f"{found}, and should be {state}, {on_card}, {credit}, {taken}"
    entries = [image["what"]["S"] for image in seen.of("journal_entry")]
    if entries.count("payment_confirmed") != (state == "confirmed"):
        yield f"{state}, and posted {entries}"


def _captured(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "confirmed", WORTH - BY_CARD, CREDIT - BY_CREDIT, DUE)


def _covered(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "confirmed", WORTH - (PRICE - CREDIT), 0, 0)
    if seen.pages:
        yield f"{seen.pages}, and nothing is left to pay"


def _voided(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "cancelled", WORTH, CREDIT, 0)


def _given_back_to_the_tenders(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "confirmed", WORTH, CREDIT, 0)
    if seen.refunds:
        yield f"Stripe gave back {seen.refunds}"


def _given_back(seen: Seen) -> Iterator[str]:
    if key_is_spent(seen) and not seen.refunds:
        yield from _captured(seen)  # unknown, for as long as Stripe keeps the key: the tenders' part waits for it
        return
    yield from _ended(seen, "confirmed", WORTH, CREDIT, DUE)
    rows = [json.loads(image["refunds"]["S"]) for image in seen.of("payment")]
    if [[(row[1], row[2]) for row in of_one] for of_one in rows] != [[(DUE, "succeeded")]]:
        yield f"refunds are {rows}"
    if [each.amount for each in seen.refunds] != [DUE]:
        yield f"Stripe gave back {seen.refunds}"
    posted = sorted(image["what"]["S"] for image in seen.of("journal_entry") if "refunded" in image["what"]["S"])
    if posted != ["tendered_refunded"]:
        yield f"posted {posted}"


TENDERS = (
    Operation("checkout with tenders", prepare=_holder, act=_ask, retry=_insist, onward=_pay, settled=_captured),
    Operation(
        "checkout covered by tenders",
        prepare=_holder_of_enough,
        act=_ask,
        retry=_insist,
        settled=_covered,
    ),
    Operation("tenders captured", prepare=_paid_unheard, act=apply, settled=_captured),
    Operation("tenders voided, page expired", prepare=_expired_unheard, act=apply, settled=_voided),
    Operation(
        "tenders voided, cancelled",
        prepare=_held,
        act=_cancel,
        retry=_insist_on_cancelling,
        settled=_voided,
        faults=BRIEF,
    ),
    Operation("tenders refunded", prepare=_paid, act=_refund, retry=_insist_on_refunding, settled=_given_back),
    Operation(
        "tenders refunded, no provider",
        prepare=_covered_and_told,
        act=_refund,
        retry=_insist_on_refunding,
        settled=_given_back_to_the_tenders,
        faults=BRIEF,
    ),
)

"""Operations that sell gift cards, spend them by their code, and end them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType

from tests.crash.invariants_of_reversals import key_is_spent
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.support.crashing import Operation
from tests.support.crashing_cards import WORTH, card_of, give_card
from tests.support.crashing_client import TENANT
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN, token
from tollgate.gift_cards.purchasing import OPERATION
from tollgate.kernel.errors import TollgateError
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueGiftCard

PRICE, USED = 5_000, 3_000
FUNCTION = "gift_card_api"


# --- buyers and holders ---


def _buy_once(world: World) -> Answer:
    body = {
        "amount": PRICE,
        "recipientEmail": "friend@example.com",
        "successUrl": f"{ORIGIN}/thanks",
        "cancelUrl": f"{ORIGIN}/cart",
    }
    return _post(world, "/gift-cards/purchase", body)


def _use_once(world: World) -> Answer:
    return _post(world, f"/gift-cards/{card_of(world.purchase).code}/use", {"amount": USED, "reference": "order-7"})


def _redeem_once(world: World) -> Answer:
    return _post(world, "/gift-cards/redeem", {"code": card_of(world.purchase).code})


def _post(world: World, path: str, body: dict[str, object]) -> Answer:
    headers = {"idempotency-key": world.purchase.key}
    return world.purchase.hear(world.call("POST", path, body, headers, FUNCTION))


def _buy(world: World) -> None:
    world.purchase.operation = OPERATION
    _buy_once(world)


def _insist_on_buying(world: World) -> None:
    """The buyer asks with the same key until there is an answer, and once more."""
    world.purchase.operation = OPERATION
    world.until_answered(lambda: _buy_once(world))
    _buy_once(world)


def _use(world: World) -> None:
    _use_once(world)


def _insist_on_using(world: World) -> None:
    assert world.until_answered(lambda: _use_once(world)).status == 200
    _use_once(world)


def _redeem(world: World) -> None:
    _redeem_once(world)


def _insist_on_redeeming(world: World) -> None:
    assert world.until_answered(lambda: _redeem_once(world)).status == 200
    _redeem_once(world)


def _pay(world: World) -> None:
    """Each page that was ever shown."""
    for answer in world.purchase.answers:
        world.stripe.pay(answer.body["providerCheckoutSessionId"])


# --- admins, and the reconciler ---


def _refund_once(world: World) -> Answer:
    headers = {"idempotency-key": world.purchase.key, **_admin()}
    return world.call("POST", f"/transactions/{world.purchase.payment}/refund", {"amount": PRICE}, headers)


def _refund(world: World) -> None:
    _refund_once(world)


def _insist_on_refunding(world: World) -> None:
    first = world.until_answered(lambda: _refund_once(world))
    assert first.status == 200, first
    assert _refund_once(world).body == first.body


def _freeze_once(world: World) -> Answer:
    path = f"/admin/gift-cards/{card_of(world.purchase).id}/freeze"
    return world.call("POST", path, {"reason": "reported stolen"}, _admin(), FUNCTION)


def _freeze(world: World) -> None:
    _freeze_once(world)


def _insist_on_freezing(world: World) -> None:
    assert world.until_answered(lambda: _freeze_once(world)).body["giftCard"]["status"] == "frozen"


def _admin() -> dict[str, str]:
    return {"authorization": f"Bearer {token('boss', TENANT, 'admin')}"}


def _look_at_it(world: World) -> None:
    """A run of the reconciler as far as it is about this card. Where it fails, the next run comes."""

    def examine(instance: ModuleType) -> None:
        reconciler = instance.reconciler._reconciler
        notes = Notes(reconciler._findings, reconciler._unit_of_work, reconciler._clock, lambda _what, _error: None)
        with suppress(TollgateError):
            reconciler._look_at(DueGiftCard(TENANT, card_of(world.purchase).id), notes)

    world.within("reconciler", examine)


# --- what they are prepared with ---


def _ordered_and_paid(world: World) -> None:
    """A card that waits for its money, which was told and is not applied."""
    _insist_on_buying(world)
    world.flow()
    _pay(world)
    world.deliver_all()
    world.inbox.look()


def _bought(world: World) -> None:
    _insist_on_buying(world)
    _pay(world)
    world.flow()


def _over(world: World) -> None:
    """A card whose time is over."""
    give_card(world, days=0)


# --- how it should end ---


def _ended(seen: Seen, status: str, available: int, *posted: str) -> Iterator[str]:
    """The card in this state, with so much left, and entries of these kinds."""
    cards = [(image["state"]["S"], int(image["available"]["N"])) for image in seen.of("gift_card")]
    if cards != [(status, available)]:
        yield f"cards are {cards}, and should be {status}, {available}"
    entries = sorted(image["what"]["S"] for image in seen.of("journal_entry"))
    if entries != sorted(("gift_card_sold", *posted)):
        yield f"posted {entries}"


def _active(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", PRICE)


def _partly_used(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", WORTH - USED, "gift_card_used")


def _redeemed(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", 0, "gift_card_redeemed")
    credit = [int(image["available"]["N"]) for image in seen.of("credit")]
    if credit != [WORTH]:
        yield f"{credit} is the user's credit"


def _given_back(seen: Seen) -> Iterator[str]:
    if key_is_spent(seen) and not seen.refunds:
        return  # unknown, for as long as Stripe keeps the key
    yield from _ended(seen, "cancelled", 0, "gift_card_sale_refunded")
    if [each.amount for each in seen.refunds] != [PRICE]:
        yield f"Stripe gave back {seen.refunds}"


def _expired(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "expired", 0, "gift_card_expired")


def _frozen(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", WORTH)
    types = [json.loads(image["body"]["S"])["type"] for image in seen.of("event")]
    if types.count("payments.gift_card.frozen") != 1:
        yield f"told {types}"


GIFT_CARDS = (
    Operation("gift card purchase", act=_buy, retry=_insist_on_buying, onward=_pay, settled=_active, faults=BRIEF),
    Operation("gift card purchase that is paid", prepare=_ordered_and_paid, act=apply, settled=_active, faults=BRIEF),
    Operation("gift card use", prepare=give_card, act=_use, retry=_insist_on_using, settled=_partly_used),
    Operation("gift card redeem", prepare=give_card, act=_redeem, retry=_insist_on_redeeming, settled=_redeemed),
    Operation(
        "gift card refund",
        prepare=_bought,
        act=_refund,
        retry=_insist_on_refunding,
        settled=_given_back,
        faults=BRIEF,
    ),
    Operation("gift card expiry", prepare=_over, act=_look_at_it, retry=_look_at_it, settled=_expired),
    Operation(
        "gift card freeze", prepare=give_card, act=_freeze, retry=_insist_on_freezing, settled=_frozen, faults=BRIEF
    ),
)

"""Operations that give money back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.crash.invariants_of_reversals import key_is_spent
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import token

AMOUNT = 4_000


def _paid(world: World) -> None:
    """Paid, told and counted: nothing of the purchase is open."""
    world.insist(world.purchase)
    world.stripe.pay(world.purchase.answers[0].body["providerCheckoutSessionId"])
    world.flow()


def _ask_once(world: World) -> Answer:
    headers = {"authorization": f"Bearer {token('boss', TENANT, 'admin')}", "idempotency-key": world.purchase.key}
    return world.call("POST", f"/transactions/{world.purchase.payment}/refund", {"amount": AMOUNT}, headers)


def _ask(world: World) -> None:
    _ask_once(world)


def _insist(world: World) -> None:
    """The admin asks with the same key until there is an answer, and once more."""
    first = world.until_answered(lambda: _ask_once(world))
    assert first.status == 200, first
    assert _ask_once(world).body == first.body


def _given_back(seen: Seen) -> Iterator[str]:
    if key_is_spent(seen) and not seen.refunds:
        return  # unknown, for as long as Stripe keeps the key
    (payment,) = seen.of("payment")
    refunds = [tuple(row[1:3]) for row in json.loads(payment.get("refunds", {"S": "[]"})["S"])]
    if refunds != [(AMOUNT, "succeeded")]:
        yield f"refunds are {refunds}"
    if [each.amount for each in seen.refunds] != [AMOUNT]:
        yield f"Stripe gave back {seen.refunds}"
    posted = [image for image in seen.of("journal_entry") if image["what"]["S"] == "refund_succeeded"]
    if len(posted) != 1:
        yield f"posted {len(posted)} times"


REFUNDS = (Operation("refund", prepare=_paid, act=_ask, retry=_insist, settled=_given_back),)

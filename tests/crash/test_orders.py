"""A checkout's second transaction and Stripe's words about it come in any order; two who resume come at once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from tests.crash.invariants import ALWAYS, EVENTUALLY
from tests.support.crashing_faults import CRASH_AFTER, STALLED_BEFORE
from tests.support.crashing_seen import Seen, look
from tests.support.crashing_webhooks import Delivery
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tollgate.kernel.idempotency import LEASE
from tollgate.payments.events import PURCHASE_CONFIRMED, REVIEW_REQUIRED

COMPLETED, SUCCEEDED, EXPIRED = "checkout.session.completed", "payment_intent.succeeded", "checkout.session.expired"
SECOND_WRITE = "second transaction"
STEPS = (SECOND_WRITE, COMPLETED, SUCCEEDED, EXPIRED)


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS)), ids=", ".join)
def test_every_order_ends_with_one_confirmation_or_with_the_money_held(world: World, order: Sequence[str]) -> None:
    world.begin()
    world.warm()
    early, late = order[: order.index(SECOND_WRITE)], order[order.index(SECOND_WRITE) + 1 :]
    told: dict[str, bytes] = {}

    def meanwhile() -> None:
        """Nobody has seen the page yet; all the more must the money that comes from it not be lost."""
        told.update(_paid_and_expired(world))
        with world.another_instance():
            _apply(world, [told[type_] for type_ in early])

    with world.wire.armed(2, STALLED_BEFORE, meanwhile):
        world.ask(world.purchase)
    _apply(world, [told[type_] for type_ in late])
    world.insist(world.purchase)
    world.flow()

    seen = look(world)
    types = [event["type"] for event in seen.events(world.purchase.payment)]
    in_time = order.index(EXPIRED) > min(order.index(COMPLETED), order.index(SUCCEEDED))
    assert types.count(PURCHASE_CONFIRMED if in_time else REVIEW_REQUIRED) == 1, types
    assert types.count(REVIEW_REQUIRED if in_time else PURCHASE_CONFIRMED) == 0, types
    assert _wrong(seen) == []


def _paid_and_expired(world: World) -> dict[str, bytes]:
    """What Stripe says of a page that was paid, and that it expired, which it should not say of the same page."""
    (page,) = world.stripe.pages()
    world.stripe.pay(page.reference)
    told = {json.loads(payload)["type"]: payload for _, payload in world.stripe.webhooks((COMPLETED, SUCCEEDED))}
    expired = json.loads(told[COMPLETED])
    expired |= {"id": f"{expired['id']}x", "type": EXPIRED}
    expired["data"]["object"] |= {"status": "expired", "payment_status": "unpaid", "payment_intent": None}
    return told | {EXPIRED: json.dumps(expired).encode()}


def _apply(world: World, payloads: Sequence[bytes]) -> None:
    for payload in payloads:
        delivery = Delivery("stripe", payload)
        world.deliveries[json.loads(payload)["id"]] = delivery
        world.deliver(delivery)
        assert delivery.acknowledged
        world.inbox.drain()


def _wrong(seen: Seen) -> list[str]:
    return [f"{invariant.__name__}: {told}" for invariant in (*ALWAYS, *EVENTUALLY) for told in invariant(seen)]


@pytest.mark.parametrize("rivals", [2, 4])
def test_of_those_who_resume_at_once_one_wins(world: World, rivals: int) -> None:
    world.begin()
    purchase, ready = world.purchase, Barrier(rivals)
    world.die_at("stripe.POST /v1/checkout/sessions", CRASH_AFTER, lambda at: at.ask(purchase))
    world.clock.advance(LEASE.total_seconds() + 1)

    def resume(instance: World) -> Answer:
        ready.wait()
        return instance.ask(purchase)

    instances = [_instance(world) for _ in range(rivals)]
    with ThreadPoolExecutor(rivals) as pool:
        answers = list(pool.map(resume, instances))

    won = [answer for answer in answers if answer.status == 201]
    assert won
    assert all(answer.body == won[0].body for answer in won)
    assert {answer.body["code"] for answer in answers if answer.status != 201} <= {"DUPLICATE_IN_PROGRESS"}
    assert len(world.stripe.pages()) == 1
    world.insist(purchase)
    world.flow()
    assert _wrong(look(world)) == []


def _instance(world: World) -> World:
    """The same world through an instance of its own, which has read what it reads once."""
    deployed = replace(world.deployed, modules={})
    instance = replace(world, deployed=deployed)
    instance.call("GET", "/transactions")
    return instance

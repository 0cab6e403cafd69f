"""Searching for intents, which lags behind; and a card that stays in processing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.world import World

ECHO = {"tollgate_payment": "pay_1"}


def charge(world: World, method: str = "pm_card_visa", **changes: Any) -> Any:
    params = {"amount": 5000, "currency": "usd", "payment_method": method, "confirm": True, **changes}
    return world.client.v1.payment_intents.create(params=params)


def search(world: World, query: str = "metadata['tollgate_payment']:'pay_1'", **params: Any) -> Any:
    return world.client.v1.payment_intents.search(params={"query": query, **params})


def test_an_intent_is_found_by_its_metadata_but_not_at_once(world: World) -> None:
    mine = charge(world, metadata=ECHO)
    charge(world, metadata={"tollgate_payment": "pay_2"})
    assert search(world).data == []
    world.clock.offset += 60
    assert [each.id for each in search(world).data] == [mine.id]
    assert [each.id for each in search(world, 'metadata["tollgate_payment"]:"pay_1"').data] == [mine.id]


def test_no_more_is_shown_than_was_asked_for(world: World) -> None:
    for _ in range(3):
        charge(world, metadata=ECHO)
    world.clock.offset += 60
    found = search(world, limit=2)
    assert (found.object, len(found.data), found.has_more) == ("search_result", 2, True)


@pytest.mark.parametrize("query", ["status:'succeeded'", "metadata['a']:'b' OR metadata['c']:'d'", "metadata[a]:b"])
def test_what_it_does_not_search_for_is_refused(shared_world: World, query: str) -> None:
    assert shared_world.refused(lambda: search(shared_world, query)).http_status == 400


@pytest.mark.parametrize(("outcome", "status"), [("succeeded", "succeeded"), ("failed", "requires_payment_method")])
def test_a_slow_card_stays_in_processing_until_it_is_settled(world: World, outcome: str, status: str) -> None:
    slow = charge(world, "pm_card_simulatedProcessing", allowed_payment_method_types=["card"])
    assert (slow.status, slow.amount_received) == ("processing", 0)
    assert world.refused(lambda: world.client.v1.payment_intents.cancel(slow.id)).http_status == 400
    world.control(f"payment_intents/{slow.id}/settle_async", outcome=outcome)
    assert world.client.v1.payment_intents.retrieve(slow.id).status == status
    world.receiver.wait_for("payment_intent.processing")

"""Events and their delivery, with every fault that can be ordered."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import stripe

from local.simulators.stripe import API_VERSION
from local.simulators.stripe.signatures import signature_header
from tests.simulators.world import World, a_session, a_world, wait_until


def all_delivered(world: World) -> bool:
    return set(world.state()["counts"]["deliveries"]) <= {"delivered", "dropped"}


def test_the_signature_is_the_one_the_sdk_computes() -> None:
    body = b'{"id":"evt_test_webhook","object":"event"}'
    expected = "d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990"
    assert signature_header(body, 1_700_000_000, ["whsec_test_secret"]) == f"t=1700000000,v1={expected}"


def test_an_event_tells_what_happened_and_which_request_caused_it(world: World) -> None:
    intent = world.client.v1.payment_intents.create(
        params={"amount": 500, "currency": "usd"}, options={"idempotency_key": "key-1"}
    )
    event = world.receiver.wait_for("payment_intent.created")
    assert (event.object, event.api_version, event.livemode, event.pending_webhooks) == ("event", API_VERSION, False, 1)
    assert event.data.object.id == intent.id
    assert event.request is not None
    assert event.request.idempotency_key == "key-1"
    assert event.request.id == intent.last_response.request_id
    wait_until(lambda: all_delivered(world), "the delivery to be noted")
    stored = world.client.v1.events.retrieve(event.id)
    assert (stored.type, stored.pending_webhooks) == (event.type, 0)


def test_an_event_shows_the_object_as_it_was(world: World) -> None:
    session = world.paid()
    created = world.receiver.wait_for("payment_intent.created").data.object
    assert (created.id, created.status) == (session.payment_intent, "requires_payment_method")


def test_events_are_listed_by_type(world: World) -> None:
    world.paid()
    events = world.client.v1.events
    assert [each.type for each in events.list(params={"type": "charge.succeeded"}).data] == ["charge.succeeded"]
    both = events.list(params={"types": ["charge.succeeded", "payment_intent.succeeded"]}).data
    assert sorted(each.type for each in both) == ["charge.succeeded", "payment_intent.succeeded"]
    wait_until(lambda: all_delivered(world), "deliveries")
    assert events.list(params={"delivery_success": False}).data == []


def test_during_a_rotation_either_secret_verifies(world: World) -> None:
    world.secrets.append("whsec_second")
    world.receiver.secret = "whsec_second"
    world.session()
    world.paid()
    world.receiver.wait_for("payment_intent.succeeded")
    assert all(signature.count("v1=") == 2 for signature in world.receiver.signatures)
    stripe.Webhook.construct_event(world.receiver.bodies[0], world.receiver.signatures[0], "whsec_first")


def test_without_a_secret_nothing_is_sent_until_there_is_one(tmp_path: Path) -> None:
    with a_world(tmp_path, retries=(0.1,) * 50) as world:
        world.secrets.clear()
        world.client.v1.customers.create()
        wait_until(lambda: "no signing secret" in str(world.state()["events"]), "an attempt")
        assert world.receiver.events == []
        world.secrets.append("whsec_first")
        world.receiver.wait_for("customer.created")


def test_a_refused_delivery_is_tried_again_with_the_same_bytes(world: World) -> None:
    world.receiver.answers += [500, 302, 404]
    world.client.v1.customers.create()
    wait_until(lambda: len(world.receiver.events) == 4, "four attempts")
    assert len(set(world.receiver.bodies)) == 1
    wait_until(lambda: all_delivered(world), "the delivery to be noted")
    attempts = world.state()["events"][0]["deliveries"][0]["attempts"]
    assert [attempt["http_status"] for attempt in attempts] == [500, 302, 404, 200]


def test_a_delivery_fails_for_good_when_retries_are_used_up_and_can_be_sent_again(tmp_path: Path) -> None:
    with a_world(tmp_path, retries=(0.01, 0.01)) as world:
        world.receiver.answers += [500, 500, 500]
        world.client.v1.customers.create()
        wait_until(lambda: world.state()["counts"]["deliveries"] == {"failed": 1}, "the delivery to fail")
        world.control(f"events/{world.receiver.events[0].id}/resend")
        wait_until(lambda: len(world.receiver.events) == 4, "the event once more")


def test_duplicates_carry_one_id(world: World) -> None:
    world.control("webhooks/faults", kind="duplicate", copies=2, types=["checkout.session.completed"])
    world.paid()
    world.receiver.wait_for("checkout.session.completed", count=3)
    ids = [event.id for event in world.receiver.events if event.type == "checkout.session.completed"]
    assert (len(ids), len(set(ids))) == (3, 1)
    world.paid()
    wait_until(lambda: all_delivered(world), "deliveries")
    assert world.receiver.types().count("checkout.session.completed") == 4


def test_reordered_events_arrive_last_one_first(world: World) -> None:
    world.control("webhooks/faults", kind="reorder", times=3)
    for name in "abc":
        world.client.v1.customers.create(params={"name": name})
        if name == "b":
            time.sleep(0.4)
            assert world.receiver.events == []
    wait_until(lambda: len(world.receiver.events) == 3, "the held events")
    assert [event.data.object.name for event in world.receiver.events] == ["c", "b", "a"]


def test_held_events_are_released_on_request(world: World) -> None:
    world.control("webhooks/faults", kind="reorder", times=9)
    for name in "ab":
        world.client.v1.customers.create(params={"name": name})
    assert world.control("webhooks/faults", "DELETE") == {"released": 2}
    wait_until(lambda: len(world.receiver.events) == 2, "the held events")
    assert [event.data.object.name for event in world.receiver.events] == ["b", "a"]


def test_a_delayed_event_comes_late(world: World) -> None:
    world.control("webhooks/faults", kind="delay", seconds=0.6)
    started = time.monotonic()
    world.client.v1.customers.create()
    world.receiver.wait_for("customer.created")
    assert time.monotonic() - started > 0.5


def test_a_dropped_event_is_never_sent_but_can_be_read(world: World) -> None:
    world.control("webhooks/faults", kind="drop")
    lost = world.client.v1.customers.create()
    world.client.v1.customers.create()
    wait_until(lambda: all_delivered(world), "deliveries")
    assert [event.data.object.id for event in world.receiver.events] != [lost.id]
    found = world.client.v1.events.list(params={"delivery_success": False}).data
    assert [event.data.object["id"] for event in found] == [lost.id]
    world.control(f"events/{found[0].id}/resend")
    wait_until(lambda: len(world.receiver.events) == 2, "the lost event")


def test_paused_events_wait(world: World) -> None:
    world.control("webhooks/pause")
    world.client.v1.customers.create()
    time.sleep(0.4)
    assert world.receiver.events == []
    world.control("webhooks/resume")
    world.receiver.wait_for("customer.created")


@pytest.mark.parametrize("jitter", [0.05])
def test_events_of_one_payment_come_in_no_promised_order(tmp_path: Path, jitter: float) -> None:
    with a_world(tmp_path, jitter=jitter) as world:
        orders = set()
        for _ in range(12):
            world.receiver.events.clear()
            session = world.client.v1.checkout.sessions.create(params=a_session())
            world.control(f"sessions/{session.id}/pay")
            world.receiver.wait_for("checkout.session.completed", "payment_intent.succeeded", "charge.updated")
            orders.add(tuple(world.receiver.types()))
        assert len(orders) > 1

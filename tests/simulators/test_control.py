"""The control endpoints refuse what makes no sense, and say which field."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulators.world import World


def call(shared_world: World, path: str, body: Any) -> tuple[int, Any]:
    answer = httpx.post(f"{shared_world.base}/control/{path}", json=body, trust_env=False)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("webhooks/faults", {"kind": "explode"}, "kind"),
        ("webhooks/faults", {}, "kind"),
        ("webhooks/faults", {"kind": "delay", "seconds": -1}, "seconds"),
        ("webhooks/faults", {"kind": "delay", "seconds": "2"}, "seconds"),
        ("webhooks/faults", {"kind": "duplicate", "copies": 0}, "copies"),
        ("webhooks/faults", {"kind": "drop", "times": True}, "times"),
        ("webhooks/faults", {"kind": "drop", "types": "charge.failed"}, "types"),
        ("api/faults", {"kind": "404"}, "kind"),
        ("api/faults", {"kind": "429", "retry_after": 1.5}, "retry_after"),
        ("api/faults", {"kind": "500", "work": "last"}, "work"),
        ("api/faults", {"kind": "500", "colour": "red"}, "colour"),
        ("api/faults", ["kind"], "body"),
    ],
)
def test_bad_input_is_refused_and_the_field_named(shared_world: World, path: str, body: Any, field: str) -> None:
    status, answer = call(shared_world, path, body)
    assert (status, answer["errors"][0]["field"]) == (422, field)
    assert shared_world.state()["api_faults"] == []


def test_what_is_not_json_is_refused(shared_world: World) -> None:
    answer = httpx.post(f"{shared_world.base}/control/api/faults", content=b"{", trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
    assert httpx.get(f"{shared_world.base}/control/state?limit=many", trust_env=False).status_code == 422


def test_unknown_objects_and_finished_ones_are_told_apart(shared_world: World) -> None:
    assert call(shared_world, "sessions/cs_test_x/pay", {})[0] == 404
    paid = shared_world.paid()
    assert call(shared_world, f"sessions/{paid.id}/pay", {})[0] == 409
    assert call(shared_world, f"sessions/{paid.id}/expire", {})[0] == 409
    assert call(shared_world, f"payment_intents/{paid.payment_intent}/settle_async", {"outcome": "failed"})[0] == 409
    assert call(shared_world, f"payment_intents/{paid.payment_intent}/authenticate", {"outcome": "failed"})[0] == 409


def test_expiring_by_control_is_reported(shared_world: World) -> None:
    session = shared_world.session()
    assert shared_world.control(f"sessions/{session.id}/expire")["status"] == "expired"
    shared_world.receiver.wait_for("checkout.session.expired")


def test_every_endpoint_is_described(shared_world: World) -> None:
    listed = httpx.get(f"{shared_world.base}/control", trust_env=False).json()
    assert all(control["does"] for control in listed["controls"])
    assert "POST /control/reset" in {control["endpoint"] for control in listed["controls"]}


def test_a_reset_forgets_everything(shared_world: World) -> None:
    shared_world.paid()
    shared_world.control("api/faults", kind="503")
    shared_world.control("webhooks/pause")
    shared_world.control("reset")
    state = shared_world.state()
    assert state["counts"].pop("deliveries") == {}
    assert set(state["counts"].values()) == {0}
    assert (state["events"], state["captured"], state["api_faults"], state["webhooks"]["paused"]) == ([], {}, [], False)


def test_the_state_shows_no_more_than_asked_for(shared_world: World) -> None:
    for _ in range(3):
        shared_world.session()
    state = httpx.get(f"{shared_world.base}/control/state?limit=2", trust_env=False).json()
    assert (state["counts"]["sessions"], len(state["sessions"])) == (3, 2)

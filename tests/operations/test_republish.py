"""Stored events reach the bus again: the same ids, sequences and bytes, under all their names."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from operations.__main__ import main
from operations.publishing import Selection
from operations.republish import Outcome, Republisher
from operations.sweep import StoredEvents
from operations.window import Window
from tests.operations.world import TEN, World, an_event, in_order
from tests.support.calls import counted_calls
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.eventbridge import EventBus
from tollgate.kernel.clock import to_iso

HOUR, MILLISECOND = timedelta(hours=1), timedelta(milliseconds=1)
NOON = TEN + 2 * HOUR


def _run(world: World, *words: str) -> int:
    window = ["--from", to_iso(TEN), "--to", to_iso(NOON)]
    return main(["republish", *window, "--core-table", world.core, "--event-bus", world.bus, *words])


def _summary(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_an_event_is_published_again_under_all_its_names(world: World) -> None:
    event = an_event(sequence=3, type="payments.purchase.confirmed")
    world.store(event)
    assert _run(world) == 0
    heard = world.heard()
    assert {each["detail-type"] for each in heard} == {
        "payments.purchase.confirmed",
        "payments.transaction.confirmed",
        "payment.completed",
    }
    assert all(each["detail"] == event.envelope() for each in heard)
    assert {(each["detail"]["id"], each["detail"]["sequence"]) for each in heard} == {(event.id, 3)}


def test_what_is_sent_is_the_stored_body_byte_for_byte(world: World) -> None:
    event = an_event()
    world.store(event)
    with counted_calls() as calls:
        _run(world)
    sent = [entry["Detail"] for request in calls.requests for entry in request.get("Entries", [])]
    assert sent == [event.to_json()]


def test_hundreds_of_events_across_all_shards_go_out_once_and_in_order(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = [f"pay_{number}" for number in range(60)]
    events = [an_event(payment, n, TEN + n * 25 * timedelta(minutes=1)) for payment in payments for n in range(1, 5)]
    # Several facts of one payment in one millisecond, which the index orders by chance.
    events += [an_event("pay_busy", n) for n in range(1, 41)]
    world.store(*events)
    assert _run(world) == 0
    heard = world.heard()
    assert Counter(each["detail"]["id"] for each in heard) == Counter(event.id for event in events)
    for payment in [*payments, "pay_busy"]:
        assert in_order(heard, payment) == sorted(in_order(heard, payment))
    told = capsys.readouterr()
    assert json.loads(told.out)["events_published"] == 280
    assert [line for line in told.err.splitlines() if "found" in line] == [
        "2026-03-05T10h  160 found, 160 published",
        "2026-03-05T11h  120 found, 120 published",
    ]


def test_the_window_holds_its_start_and_not_its_end(world: World) -> None:
    at = {
        "just before": TEN - MILLISECOND,
        "start": TEN,
        "end of the hour": TEN + HOUR - MILLISECOND,
        "next hour": TEN + HOUR,
        "last": NOON - MILLISECOND,
        "end": NOON,
    }
    world.store(*(an_event(f"pay_{name}", at=instant) for name, instant in at.items()))
    assert _run(world) == 0
    heard = {each["detail"]["aggregate"]["id"].removeprefix("pay_") for each in world.heard()}
    assert heard == set(at) - {"just before", "end"}


def test_a_dry_run_counts_and_publishes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.store(an_event(), an_event(sequence=2, type="payments.payment.cancelled"))
    with counted_calls() as calls:
        assert _run(world, "--dry-run") == 0
    summary = _summary(capsys)
    assert (summary["events_to_publish"], summary["events_published"], summary["messages"]) == (2, 0, 3)
    assert "PutEvents" not in calls.of("events")
    assert world.heard() == []


@pytest.mark.parametrize(
    ("words", "payments"),
    [
        (["--tenant", "demo"], {"pay_1", "pay_2"}),
        (["--tenant", "other"], {"pay_3"}),
        (["--tenant", "dem"], set()),
        (["--type", "payments.purchase.confirmed"], {"pay_2", "pay_3"}),
        (["--type", "payment.completed", "--tenant", "demo"], {"pay_2"}),
    ],
)
def test_a_tenant_and_a_type_may_be_asked_for(world: World, words: list[str], payments: set[str]) -> None:
    confirmed = "payments.purchase.confirmed"
    others = an_event("pay_3", type=confirmed, tenant="other")
    world.store(an_event("pay_1"), an_event("pay_2", type=confirmed), others)
    assert _run(world, *words) == 0
    assert {each["detail"]["aggregate"]["id"] for each in world.heard()} == payments


def test_running_twice_repeats_the_same_ids(world: World) -> None:
    world.store(an_event())
    assert [_run(world), _run(world)] == [0, 0]
    first, second = world.heard()
    assert first["detail"] == second["detail"]


def test_the_table_and_the_bus_are_found_by_the_name_of_the_stack(world: World) -> None:
    world.store(an_event())
    assert main(["republish", "--from", to_iso(TEN), "--to", to_iso(NOON), "--stack", world.stack]) == 0
    assert len(world.heard()) == 1


def _sweep(world: World, events: StoredEvents) -> Outcome:
    republisher = Republisher(events, EventBus(world.bus), Selection(), lambda _: None)
    return republisher.run(Window(TEN, NOON))


@pytest.mark.parametrize("keys_at_once", [1, 2, 3, 7])
def test_order_holds_across_pages(world: World, keys_at_once: int) -> None:
    """Pairs of facts in one millisecond, with pages that would part them."""
    world.store(*(an_event(sequence=n, at=TEN + n // 2 * MILLISECOND) for n in range(1, 16)))
    outcome = _sweep(world, StoredEvents(Table(connect(), world.core), keys_at_once=keys_at_once))
    assert (outcome.found, outcome.exit_code) == (15, 0)
    assert in_order(world.heard(), "pay_1") == list(range(1, 16))


def test_an_event_that_vanished_is_reported_and_the_others_go_on(world: World) -> None:
    gone, there = an_event(sequence=1), an_event(sequence=2)
    world.store(gone, there)

    class Vanishing(Table):
        """A table that lost an event after its index was read."""

        def get_all(self, wanted: Any, **how: Any) -> Any:
            return [raw for raw in super().get_all(wanted, **how) if raw["sk"]["S"] != "EVENT#0000000001"]

        def get(self, key: Any) -> Any:
            return None

    outcome = _sweep(world, StoredEvents(Vanishing(connect(), world.core)))
    assert [event["detail"]["sequence"] for event in world.heard()] == [2]
    assert (outcome.found, outcome.published, outcome.exit_code) == (2, 1, 1)
    assert "EVENT#0000000001" in outcome.left_over.named[0]["what"]


def test_an_event_that_a_lagging_copy_misses_is_read_for_sure(world: World) -> None:
    world.store(an_event())

    class Lagging(Table):
        def get_all(self, wanted: Any, **how: Any) -> Any:
            return []

    assert _sweep(world, StoredEvents(Lagging(connect(), world.core))).published == 1


def test_an_event_too_large_for_the_bus_is_reported_and_the_others_go_on(world: World) -> None:
    world.store(an_event(sequence=1, data={"note": "x" * 262_144}), an_event(sequence=2))
    outcome = _sweep(world, StoredEvents(Table(connect(), world.core)))
    assert [event["detail"]["sequence"] for event in world.heard()] == [2]
    assert "larger" in outcome.left_over.named[0]["why"]
    assert outcome.exit_code == 1


def test_unprocessed_keys_are_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.store(*(an_event(sequence=n) for n in range(1, 6)))
    call, left = Table.call, [3]

    def busy(table: Table, operation: str, request: Any) -> Any:
        answer = call(table, operation, request)
        if operation == "BatchGetItem" and left[0]:
            left[0] -= 1
            last = answer["Responses"][table.name].pop()
            key = {name: last[name] for name in ("pk", "sk")}
            answer["UnprocessedKeys"] = {table.name: {"Keys": [key]}}
        return answer

    monkeypatch.setattr(Table, "call", busy)
    assert _run(world) == 0
    assert in_order(world.heard(), "pay_1") == [1, 2, 3, 4, 5]

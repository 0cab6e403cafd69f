"""What is wanted of a subscription that we charge, while something else is done with it at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.renewing import MONTH, Box, a_box
from tests.functions.subscribing import DAY
from tests.functions.test_renewals import on_a_page
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tollgate.kernel.clock import from_iso
from tollgate.subscriptions.recording import SubscriptionRecorder


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


def crossed(act: Callable[[], Any], meanwhile: Callable[[], Any]) -> Any:
    """Once the first has read the subscription, and before it records anything, the second is done."""
    record, waiting = SubscriptionRecorder.record, [meanwhile]

    def late(recorder: SubscriptionRecorder, *arguments: Any, **named: Any) -> Any:
        if waiting:
            waiting.pop()()
        return record(recorder, *arguments, **named)

    with patch.object(SubscriptionRecorder, "record", late):
        return act()


@pytest.mark.parametrize("first", ["change", "pause"])
def test_a_cancellation_is_undone_by_nothing_that_crosses_it(box: Box, first: str) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"
    acts = {
        "change": lambda: box.ask("PUT", path, {"pricingItemCode": "gold_year"}),
        "pause": lambda: box.ask("POST", f"{path}/pause"),
    }
    answer = crossed(acts[first], lambda: box.ask("POST", f"{path}/cancel"))
    assert answer.status == 200
    after = box.show(active["id"])
    assert after["endsAt"] == active["currentPeriodEnd"]
    assert "reinstated" not in box.said(active["id"])
    assert (after["pricingItemCode"], after["status"]) in {("gold_year", "active"), ("gold_month", "paused")}


def test_a_change_of_plan_is_lost_by_no_pause_that_comes_first(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"

    def pause() -> None:
        box.pass_time(2)
        box.ask("POST", f"{path}/pause")

    answer = crossed(lambda: box.ask("PUT", path, {"pricingItemCode": "gold_year"}), pause)
    assert (answer.status, answer.body["pricingItemCode"], answer.body["status"]) == (200, "gold_year", "paused")


def test_a_cancellation_that_crosses_a_renewal_ends_what_that_has_paid_for(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}/cancel"
    box.until(active["currentPeriodEnd"])
    answer = crossed(lambda: box.ask("POST", path), box.sweep)
    renewed = box.show(active["id"])
    assert answer.body["endsAt"] == renewed["currentPeriodEnd"] > active["currentPeriodEnd"]
    assert box.sweep()["done"] == {}
    assert box.show(active["id"])["status"] == "active"


def test_what_was_kept_at_the_last_moment_is_not_ended(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"
    box.ask("POST", f"{path}/cancel")
    box.until(active["currentPeriodEnd"])
    assert crossed(box.sweep, lambda: box.ask("POST", f"{path}/resume"))["done"] == {"settled": 1}
    box.pass_time(16 * 60)
    assert box.sweep()["done"] == {"renewed": 1}
    assert box.said(active["id"])[2:] == ["cancelled", "reinstated", "renewed"]


def test_who_cancels_what_is_owed_is_tried_no_more(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    box.sweep()
    assert box.ask("POST", f"/subscriptions/{active['id']}/cancel").body["status"] == "cancelled"
    assert box.dun(active["id"], 8) == ["cancelled"]
    assert box.said(active["id"])[2:] == ["grace_started", "grace_ended", "cancelled", "ended"]
    assert len(box.payments()) == 2


@pytest.mark.parametrize("source", ["garbage", "cnon:card-nonce-ok"])
def test_a_method_that_cannot_be_charged_again_takes_no_others_place(box: Box, source: str) -> None:
    active = box.subscribe("square")
    refused = box.ask("POST", f"/subscriptions/{active['id']}/card", {"sources": {"square": source}})
    assert (refused.status, [each["field"] for each in refused.body["errors"]]) == (422, ["sources.square"])
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"renewed": 1}


def test_a_method_that_is_given_again_is_tried_again(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    box.sweep()
    path = f"/subscriptions/{active['id']}/card"
    for source in ("soft", "hard", "soft"):
        assert box.ask("POST", path, {"sources": {"mock": source}}).status == 200
    assert box.show(active["id"])["pastDue"]["attempts"] == 4
    assert [status for status, _ in box.payments()] == [*["failed"] * 4, "confirmed"]


def test_another_method_is_tried_as_often_as_the_one_before(box: Box) -> None:
    active = on_a_page(box, source="soft")
    box.until(active["currentPeriodEnd"])
    box.sweep()
    path = f"/subscriptions/{active['id']}"
    assert [box.ask("POST", f"{path}/pay").status for _ in range(15)] == [*[402] * 14, 409]
    given = box.ask("POST", f"{path}/card", {"sources": {"mock": "soft"}})
    assert (given.status, given.body["pastDue"]["attempts"]) == (200, 16)
    assert [box.ask("POST", f"{path}/pay").status for _ in range(15)] == [*[402] * 14, 409]
    assert box.ask("POST", f"{path}/card", {"sources": {"mock": "soft"}}).status == 200
    assert box.ask("POST", f"{path}/pay").status == 409  # it is the same


def test_who_had_no_access_meanwhile_does_not_pay_for_it(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"], 8 * DAY)
    assert box.sweep()["done"] == {"renewed": 1}
    assert abs(from_iso(box.show(active["id"])["currentPeriodStart"]).timestamp() - box.now()) < DAY


def test_another_interval_after_a_pause_begins_with_the_return(box: Box) -> None:
    active = box.subscribe("mock")
    path = f"/subscriptions/{active['id']}"
    box.ask("POST", f"{path}/pause")
    box.pass_time(4 * MONTH)
    box.ask("POST", f"{path}/resume")
    assert box.ask("PUT", path, {"pricingItemCode": "gold_year"}).status == 200
    assert box.sweep()["done"] == {"renewed": 1}
    assert from_iso(box.show(active["id"])["currentPeriodEnd"]).timestamp() - box.now() > 360 * DAY

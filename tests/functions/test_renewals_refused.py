"""Renewals that a provider takes in another amount, or does not take at all: what becomes of the subscription."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.refunding import refund
from tests.functions.renewing import Box, a_box
from tests.functions.subscribing import API, SERVICE
from tests.functions.test_renewals_crossed import crossed
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.checkout.charge_ports import Taken
from tollgate.kernel.clock import from_iso
from tollgate.kernel.money import Money

MINUTES, HOUR = 60, 3_600


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


def swept_short_of(box: Box, cents: int) -> dict[str, int]:
    """A run in which the mock takes less than it was asked for."""
    outcome = MockCharges._outcome

    def short(mock: MockCharges, asked: dict[str, Any], reference: str) -> Any:
        made = outcome(mock, asked, reference)
        assert isinstance(made, Taken)
        less = Money(made.capture.amount.amount - cents, made.capture.amount.currency)
        return Taken(replace(made.capture, amount=less))

    with patch.object(MockCharges, "_outcome", short):
        done: dict[str, int] = box.sweep()["done"]
        return done


def reconcile_later(box: Box) -> None:
    box.till.stuck.swept(16 * MINUTES, "square")
    box.pass_time(16 * MINUTES)
    box.till.stuck.reconcile()


def held(box: Box) -> str:
    """The payment of a renewal whose money is held."""
    (found,) = (each for each in box.deployed.stored("payment") if "review" in each)
    return str(found["pk"]["S"].split("#")[2])


def test_a_renewal_in_a_wrong_amount_is_owed_once_its_money_has_gone_back(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"])
    assert swept_short_of(box, 99) == {"unsure": 1}
    payment = held(box)
    reconcile_later(box)
    assert box.sweep()["done"] == {"unsure": 1}  # it is for a person to decide
    answer = refund(box.till.stuck, payment, who=box.deployed.as_user("boss", role="admin"))
    assert answer.status in (200, 201), answer.body
    reconcile_later(box)
    owing = box.show(active["id"])
    assert (owing["status"], owing["pastDue"]["decline"]["class"]) == ("past_due", "soft")
    assert box.sweep()["done"] == {}
    assert box.dun(active["id"], 2)[0] == "waiting"
    assert box.show(active["id"])["status"] == "active"
    assert box.said(active["id"])[2:] == ["grace_started", "grace_ended", "renewed"]
    assert box.ask("POST", f"/subscriptions/{active['id']}/cancel", {"when": "now"}).status == 200


def switch(box: Box, *off: str) -> None:
    """As every instance sees it within a minute."""
    box.deployed.modules.clear()
    assert box.admin("PUT", "/admin/routing/rules", {"disabled": list(off), "order": []}).status == 200


def swept_for_a_day(box: Box) -> list[dict[str, int]]:
    """What came of each run that had something to do, one an hour."""
    runs = []
    for _ in range(25):
        runs.append(box.sweep()["done"])
        box.pass_time(HOUR)
    return [each for each in runs if each]


def test_what_is_refused_for_a_day_is_owed_and_charged_once_it_is_taken_again(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"])
    switch(box, "mock")
    assert swept_for_a_day(box) == [{"refused": 1}] * 24 + [{"declined": 1}]
    owing = box.show(active["id"])
    assert (owing["status"], owing["pastDue"]["decline"]["class"]) == ("past_due", "soft")
    assert from_iso(owing["accessUntil"]) - from_iso(active["currentPeriodEnd"]) > 8 * timedelta(days=1)
    assert box.payments() == [("failed", 3999), ("confirmed", 3999)]
    told = next(each["data"] for each in owing["history"] if each["type"].endswith("grace_started"))
    assert told["payment_id"] in {each["pk"]["S"].split("#")[2] for each in box.deployed.stored("payment")}
    assert box.dun(active["id"], 2)[0] == "waiting"
    switch(box)
    assert box.dun(active["id"], 2)[-1] == "recovered"
    assert box.said(active["id"])[2:] == ["grace_started", "reminded", "grace_ended", "renewed"]
    assert box.payments() == [("confirmed", 3999), ("failed", 3999), ("confirmed", 3999)]


def test_what_is_cancelled_in_the_moment_in_which_it_would_be_owed_is_not(box: Box) -> None:
    active = box.subscribe("mock")
    switch(box, "mock")
    box.until(active["currentPeriodEnd"], 25 * HOUR)
    path = f"/subscriptions/{active['id']}/cancel"
    assert crossed(box.sweep, lambda: box.ask("POST", path))["done"] == {"refused": 1}
    box.pass_time(HOUR)
    assert box.sweep()["done"] == {"ended": 1}
    assert box.said(active["id"])[2:] == ["cancelled", "ended"]


def test_what_nobody_takes_any_more_is_given_up_in_the_end(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"])
    switch(box, "mock")
    swept_for_a_day(box)
    assert box.dun(active["id"], 9)[-1] == "unpaid"
    assert box.said(active["id"])[-2:] == ["grace_ended", "failed"]
    assert box.payments() == [("failed", 3999), ("confirmed", 3999)]


def test_where_the_method_is_worth_nothing_its_user_is_asked_for_another(box: Box) -> None:
    active = box.subscribe("square")
    key = {"pk": {"S": f"SUBSCRIPTION#demo#{active['id']}"}, "sk": {"S": "SUBSCRIPTION"}}
    box.deployed.client("dynamodb").update_item(
        TableName=box.deployed.environment["CORE_TABLE"],
        Key=key,
        UpdateExpression="SET #source = :garbage",
        ExpressionAttributeNames={"#source": "source"},
        ExpressionAttributeValues={":garbage": {"S": "garbage"}},
    )
    box.until(active["currentPeriodEnd"])
    assert swept_for_a_day(box)[-1] == {"declined": 1}
    assert box.show(active["id"])["pastDue"]["decline"]["class"] == "hard"
    sources = {"sources": {"square": box.saved("square")}}
    given = box.deployed.call("POST", f"/subscriptions/{active['id']}/card", sources, headers=SERVICE, function=API)
    assert (given.status, given.body["status"]) == (200, "active")

"""Renewals whose provider does not answer, that are killed, run twice, late or out of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.charging import PATHS
from tests.functions.reconciling import Killed
from tests.functions.renewing import MONTH, Box, a_box, a_context
from tests.functions.subscribing import API, DAY, SERVICE
from tests.functions.test_charges import LOST
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.adapters.dynamodb.renewals import DynamoDueRenewals
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.errors import StoreUnavailable
from tollgate.subscriptions import renewing
from tollgate.subscriptions.ports import SubscriptionKey

MINUTES = 60


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("provider", ["stripe", "square"])
def test_a_charge_whose_answer_is_lost_is_found_out_and_made_once(box: Box, provider: str, fault: str) -> None:
    active = box.subscribe(provider)
    box.until(active["currentPeriodEnd"])
    box.till.fault(provider, **LOST[fault])
    assert box.sweep()["done"] == {"unsure": 1}
    assert box.show(active["id"])["status"] == "active"
    refused = box.ask("POST", f"/subscriptions/{active['id']}/cancel", {"when": "now"})
    assert (refused.status, refused.body["code"]) == (409, "INVALID_STATE")
    _until_renewed(box)
    assert box.till.takings()[provider] == 2
    assert box.said(active["id"]) == ["created", "activated", "renewed"]
    assert box.ask("POST", f"/subscriptions/{active['id']}/cancel", {"when": "now"}).status == 200


def _until_renewed(box: Box) -> None:
    """For hours, if need be: a provider repeats its failure under one key, and can tell of what it never heard only
    later.
    """
    done: dict[str, int] = {}
    for _ in range(12):
        box.pass_time(16 * MINUTES)
        done = box.sweep()["done"]
        if done == {"renewed": 1}:
            return
        assert done in ({"unsure": 1}, {}), done
    raise AssertionError(f"not renewed: {done}")


@pytest.mark.parametrize("provider", ["stripe", "square"])
def test_a_provider_that_cannot_be_found_is_asked_again_and_nobody_else(box: Box, provider: str) -> None:
    active = box.subscribe(provider)
    box.until(active["currentPeriodEnd"])
    simulator = box.till.stuck.stripe if provider == "stripe" else box.till.square
    for _ in range(2):
        simulator.control("api/faults", kind="429", method="POST", path=PATHS[provider], times=9)
        assert box.sweep()["done"] == {"unsure": 1}
        simulator.control("api/faults", "DELETE")
        box.pass_time(40 * MINUTES)
    _until_renewed(box)
    assert sum(box.till.takings().values()) == 2


def _owing(box: Box, card: str) -> str:
    """A renewal was declined."""
    active = box.subscribe("stripe", sources={"stripe": box.saved("stripe", card)})
    box.until(active["currentPeriodEnd"])
    assert box.sweep()["done"] == {"declined": 1}
    return str(active["id"])


def _step(box: Box, id_: str) -> str | None:
    """What it came to, if anybody knows."""
    told = box.show(id_)["history"]
    invoice = next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started"))
    given = {"tenant": "demo", "subscription": id_, "invoice": invoice}
    try:
        return str(box.deployed.function("dunning_step").handler(given, a_context())["outcome"])
    except ProviderUnavailable:
        return None


@pytest.mark.parametrize("way", ["planned", "asked for", "another method"])
def test_a_try_that_was_never_made_is_made_in_the_end(box: Box, way: str) -> None:
    """For the same occasion: whoever asks has one key, a planned try one time, and another method is named once."""
    owing, key = _owing(box, "pm_card_simulatedRenewalDeclinedOnce"), new_key()
    path, saved = f"/subscriptions/{owing}", {"sources": {"stripe": box.saved("stripe")}}
    headers = {**box.deployed.as_user(), "idempotency-key": key}
    asks: dict[str, Callable[[], Any]] = {
        "planned": lambda: _step(box, owing),
        "asked for": lambda: box.deployed.call("POST", f"{path}/pay", headers=headers, function=API),
        "another method": lambda: box.deployed.call("POST", f"{path}/card", saved, headers=SERVICE, function=API),
    }
    box.pass_time(DAY)
    box.till.fault("stripe", **LOST["500, not done"])
    for _ in range(12):
        asks[way]()
        box.pass_time(16 * MINUTES)
    assert (box.show(owing)["status"], box.till.takings()["stripe"]) == ("active", 2)


def test_what_nobody_pays_is_given_up_though_the_last_try_was_never_made(box: Box) -> None:
    owing = _owing(box, "pm_card_simulatedRenewalInsufficientFunds")
    box.pass_time(7 * DAY)
    box.till.fault("stripe", **LOST["500, not done"])
    outcomes = []
    for _ in range(12):
        outcomes.append(_step(box, owing))
        box.pass_time(16 * MINUTES)
    assert (outcomes[0], outcomes[-1]) == (None, "unpaid")
    assert box.said(owing)[-2:] == ["grace_ended", "failed"]


@pytest.mark.parametrize("died_in", [1, 2, 3])
@pytest.mark.parametrize("first", ["renewer", "reconciler"])
def test_killed_at_any_of_its_writes_it_charges_each_period_once(box: Box, died_in: int, first: str) -> None:
    active = box.subscribe("stripe")
    box.until(active["currentPeriodEnd"])
    commit, commits = DynamoUnitOfWork.commit, [0]

    def dying(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
        commits[0] += 1
        if commits[0] == died_in:
            raise Killed
        commit(unit_of_work, *writes)

    with patch.object(DynamoUnitOfWork, "commit", dying):
        try:
            box.sweep()
        except Killed:
            del box.deployed.modules["renewer"]
    box.pass_time(16 * MINUTES)
    if first == "reconciler":
        box.till.stuck.swept(0, "square")
        box.till.stuck.reconcile()
    for _ in range(3):
        box.sweep()
        box.pass_time(16 * MINUTES)
    assert box.till.takings()["stripe"] == 2
    assert box.said(active["id"]) == ["created", "activated", "renewed"]
    assert box.show(active["id"])["status"] == "active"


def test_two_runs_at_once_charge_each_once(box: Box) -> None:
    all_ = [box.subscribe("mock", who=f"member-{number}")["id"] for number in range(6)]
    box.pass_time(MONTH)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: box.sweep()["done"], range(4)))
    assert sum(each.get("renewed", 0) for each in told) >= 6
    assert len(box.deployed.stored("payment")) == 12
    assert {tuple(box.said(each)) for each in all_} == {("created", "activated", "renewed")}


def test_one_that_cannot_be_read_keeps_no_other_from_being_renewed(box: Box) -> None:
    broken, sound = (box.subscribe("mock", who=f"member-{number}")["id"] for number in range(2))
    key = {"pk": {"S": f"SUBSCRIPTION#demo#{broken}"}, "sk": {"S": "SUBSCRIPTION"}}
    box.deployed.client("dynamodb").update_item(
        TableName=box.deployed.environment["CORE_TABLE"],
        Key=key,
        UpdateExpression="SET terms = :nothing",
        ExpressionAttributeValues={":nothing": {"S": "[]"}},
    )
    box.pass_time(MONTH)
    assert box.sweep()["done"] == {"failed": 1, "renewed": 1}
    assert box.said(sound)[-1] == "renewed"


def test_a_lane_that_cannot_be_read_takes_no_count_from_the_others(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    all_ = [box.subscribe("mock", who=f"member-{number}")["id"] for number in range(4)]
    box.pass_time(MONTH)
    due = DynamoDueRenewals.due

    def breaking(renewals: DynamoDueRenewals, lane: int, now: Any) -> Iterator[SubscriptionKey]:
        """Every other lane, after what it has found."""
        yield from due(renewals, lane, now)
        if lane % 2:
            raise StoreUnavailable("throttled")

    monkeypatch.setattr(DynamoDueRenewals, "due", breaking)
    with pytest.raises(StoreUnavailable):
        box.sweep()
    assert {box.said(each)[-1] for each in all_} == {"renewed"}
    told = [vars(each) for each in caplog.records if each.getMessage() == "renewals"]
    assert [(each["done"], each["complete"]) for each in told] == [({"renewed": 4}, False)]


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(box: Box) -> None:
    for number in range(5):
        box.subscribe("mock", who=f"member-{number}")
    box.pass_time(MONTH)

    class Late:
        aws_request_id = "one"
        left = 3

        def get_remaining_time_in_millis(self) -> int:
            self.left -= 1
            return 200_000 if self.left >= 0 else 1_000

    part = box.sweep(context=Late())
    assert (part["complete"], part["done"]) == (False, {"renewed": 3})
    assert box.sweep()["done"] == {"renewed": 2}


def test_while_its_provider_is_switched_off_it_waits_and_access_stays(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"])
    assert box.admin("PUT", "/admin/routing/rules", {"disabled": ["mock"], "order": []}).status == 200
    assert box.sweep()["done"] == {"refused": 1}
    assert box.sweep()["done"] == {}


def test_a_provider_that_does_not_answer_keeps_no_other_waiting(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))
    for number in range(8):
        box.subscribe("stripe", who=f"member-{number}")
    box.subscribe("mock", who="member-9")
    box.pass_time(MONTH)
    box.till.fault("stripe", kind="503", times=99)
    assert box.sweep()["done"] == {"unsure": 8, "renewed": 1}
    begun = [each for each in box.deployed.stored("payment") if each["state"]["S"] == "pending"]
    assert len(begun) == 5
    assert box.sweep()["done"] == {}
    box.till.stuck.stripe.control("api/faults", "DELETE")
    for _ in range(8):
        box.pass_time(16 * MINUTES)
        box.sweep()
    assert box.till.takings()["stripe"] == 16

"""Choosing a provider over HTTP: health that instances share, rules without a deployment, and what would be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.calls import counted_calls
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.adapters.dynamodb.routing import DynamoCircuits
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.kernel.errors import StoreUnavailable

OPENED, CLOSED = "payments.provider.circuit_opened", "payments.provider.circuit_closed"


@pytest.fixture
def failing(engine: Engine, tmp_path: Path) -> Iterator[tuple[Deployment, Callable[[float], None]]]:
    """A mock that opens no checkout, and the domain's clock."""
    clock = tmp_path / "clock"

    def put_clock_at(seconds: float) -> None:
        clock.write_text(str(seconds))

    with deployment(engine, MOCK_FAILURE_BPS="10000", TOLLGATE_CLOCK_FILE=str(clock)) as made:
        yield made, put_clock_at


def ask(deployed: Deployment, method: str, path: str, body: Any = None, *, who: dict[str, str] | None = None) -> Answer:
    headers = who or deployed.as_user("boss", role="admin")
    return deployed.call(method, f"/admin/routing/{path}", body, headers=headers, function="admin_api")


def platform(tenant: str) -> dict[str, str]:
    return {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": tenant}


def circuit(deployed: Deployment, provider: str = "mock") -> dict[str, Any]:
    found = ask(deployed, "GET", "health").body["providers"]
    return dict(next(each["circuit"] for each in found if each["provider"] == provider))


def simulated(deployed: Deployment, **sale: Any) -> dict[str, Any]:
    answer = ask(deployed, "POST", "simulate", {"method": "mock", "currency": "USD", "amount": 10_000, **sale})
    assert answer.status == 200, answer.body
    return dict(answer.body)


def repaired(deployed: Deployment) -> None:
    """Another instance, for which the mock works again."""
    with patch.dict(os.environ, MOCK_FAILURE_BPS="0"):
        deployed.modules["checkout_api"] = deployed.fresh("checkout_api")


def told(deployed: Deployment) -> list[str]:
    return [event["type"] for event in deployed.events("mock")]


# --- health ---


def test_five_failures_open_a_circuit_that_every_instance_sees_and_one_probe_closes(
    failing: tuple[Deployment, Callable[[float], None]],
) -> None:
    deployed, put_clock_at = failing
    for _ in range(5):
        assert deployed.checkout().status == 502
    seen = circuit(deployed)
    assert (seen["state"], seen["cause"], seen["failedProbes"]) == ("open", "consecutive_failures", 0)
    assert seen["since"] < seen["nextProbeAt"]
    put_clock_at(31)
    assert deployed.checkout().status == 502
    assert circuit(deployed)["failedProbes"] == 1
    put_clock_at(62)
    repaired(deployed)
    probe = deployed.checkout()
    assert probe.status == 201
    assert circuit(deployed)["state"] == "closed"
    assert told(deployed) == [OPENED, CLOSED]
    shown = deployed.call("GET", f"/transactions/{probe.body['id']}", headers=deployed.as_user()).body["transaction"]
    assert (shown["provider"], shown["route"]) == ("mock", "probe")


def test_an_instance_reads_all_circuits_in_one_call_and_not_again_in_its_time(deployed: Deployment) -> None:
    deployed.checkout()
    for _ in range(2):
        deployed.modules["checkout_api"] = deployed.fresh("checkout_api")
        with counted_calls() as calls:
            for _ in range(3):
                assert deployed.checkout().status == 201
        circuits = [
            request
            for name, request in zip(calls.made, calls.requests, strict=True)
            if name == "dynamodb.BatchGetItem" and "PROVIDER#" in str(request)
        ]
        assert len(circuits) == 1
        assert all(provider in str(circuits) for provider in ("PROVIDER#*#stripe", "PROVIDER#*#mock"))


def test_a_checkout_does_not_fail_for_health_that_cannot_be_read(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.object(DynamoCircuits, "read", side_effect=StoreUnavailable("down")):
        assert deployed.checkout().status == 201
    assert "ProviderHealthUnavailable" in capsys.readouterr().out


def test_a_checkout_fails_no_other_way_where_health_cannot_be_written(
    failing: tuple[Deployment, Callable[[float], None]], capsys: pytest.CaptureFixture[str]
) -> None:
    deployed, _ = failing
    commit = DynamoUnitOfWork.commit

    def refusing(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
        if any(each.key[1].startswith("PROVIDER#") for each in writes):
            raise StoreUnavailable("down")
        commit(unit_of_work, *writes)

    with patch.object(DynamoUnitOfWork, "commit", refusing):
        answers = [deployed.checkout() for _ in range(6)]
    assert {(each.status, each.body["code"]) for each in answers} == {(502, "PROVIDER_UNAVAILABLE")}
    assert "ProviderHealthUnavailable" in capsys.readouterr().out
    assert circuit(deployed)["state"] == "closed"


def test_an_opened_circuit_rings(
    failing: tuple[Deployment, Callable[[float], None]], capsys: pytest.CaptureFixture[str]
) -> None:
    deployed, _ = failing
    deployed.client("events").create_event_bus(Name=deployed.environment["EVENT_BUS"])
    for _ in range(5):
        deployed.checkout()
    relay = deployed.function("event_relay")
    capsys.readouterr()
    assert relay.relay.publish(deployed.stream("CORE_TABLE"), "request-1") == {"batchItemFailures": []}
    assert "ProviderCircuitOpened" in capsys.readouterr().out


# --- rules ---


def test_a_provider_is_taken_out_of_use_without_a_deployment(deployed: Deployment) -> None:
    written = ask(deployed, "PUT", "rules", {"disabled": ["mock"], "order": ["stripe"]})
    assert (written.status, written.body["updatedBy"]) == (200, "boss")
    assert ask(deployed, "GET", "rules").body == written.body
    refused = deployed.checkout()
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, ["method"])
    asked_for = deployed.checkout(provider="mock")
    assert [error["field"] for error in asked_for.body["errors"]] == ["provider"]
    methods = deployed.call("GET", "/api/v1/payment-methods", headers=deployed.as_user()).body["methods"]
    assert [each["method"] for each in methods] == ["card"]
    health = ask(deployed, "GET", "health").body["providers"]
    assert {each["provider"]: each["killed"] for each in health} == {
        "stripe": False,
        "segpay": False,
        "square": False,
        "paypal": False,
        "mock": True,
    }


def test_rules_for_everybody_are_for_services_that_act_for_everybody(deployed: Deployment) -> None:
    rules = {"disabled": ["mock"], "order": []}
    assert ask(deployed, "PUT", "rules", rules, who=platform("*")).body["tenant"] == "*"
    assert ask(deployed, "GET", "rules").body["disabled"] == []
    assert simulated(deployed)["provider"] is None
    boss = {**deployed.as_user("boss", role="admin"), "x-tenant-id": "*"}
    assert ask(deployed, "PUT", "rules", rules, who=boss).status == 403


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"disabled": ["nobody"], "order": []}, "disabled.0"),
        ({"disabled": [], "order": ["mock", "balance"]}, "order.1"),
        ({"disabled": [], "order": ["mock", "mock"]}, "order"),
        ({"disabled": []}, "order"),
        ({"order": []}, "disabled"),
    ],
)
def test_rules_name_providers_of_the_deployment(deployed: Deployment, rules: dict[str, Any], field: str) -> None:
    refused = ask(deployed, "PUT", "rules", rules)
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, [field])
    assert ask(deployed, "GET", "rules").body["updatedAt"] is None


# --- what would be ---


def test_a_simulation_tells_who_would_take_a_sale_and_changes_nothing(deployed: Deployment) -> None:
    before = deployed.items()
    found = simulated(deployed, method="card")
    assert (found["provider"], found["reason"]) == ("stripe", "only")
    assert {each["provider"]: (each["fee"], each["leftOut"]) for each in found["candidates"]} == {
        "stripe": (320, None),
        "segpay": (800, "disabled"),
        "square": (320, "disabled"),
        "paypal": (398, "disabled"),
        "mock": (0, "method"),
    }
    risky = simulated(deployed, method="card", risk="high")
    assert (risky["provider"], risky["reason"]) == (None, None)
    assert simulated(deployed, risk="high")["provider"] == "mock"
    left_out = {each["provider"]: each["leftOut"] for each in simulated(deployed, recurring=True)["candidates"]}
    assert left_out == {
        "stripe": "method",
        "segpay": "disabled",
        "square": "disabled",
        "paypal": "disabled",
        "mock": None,
    }
    assert simulated(deployed, provider="mock")["reason"] == "requested"
    assert deployed.items() == before
    refused = ask(deployed, "POST", "simulate", {"currency": "XXX", "amount": 1})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "currency")


def test_health_tells_what_providers_keep(deployed: Deployment) -> None:
    found = {each["provider"]: each for each in ask(deployed, "GET", "health").body["providers"]}
    assert list(found) == ["stripe", "segpay", "square", "paypal", "mock"]
    assert found["stripe"]["fees"]["low"] == {"basisPoints": 290, "fixed": {"USD": 30}}
    never = {"state": "closed", "since": None, "nextProbeAt": None, "cause": None, "failedProbes": 0}
    assert found["stripe"]["circuit"] == never


# --- what is sold ---


def test_a_risky_item_goes_only_to_who_takes_it(deployed: Deployment) -> None:
    items = [{"code": "dating_month", "quantity": 1}]
    refused = deployed.checkout(items=items, method="card")
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, ["items"])
    taken = deployed.checkout(items=items)
    assert (taken.status, taken.body["provider"]) == (201, "mock")


def test_lists_tell_why_a_provider_was_chosen(deployed: Deployment) -> None:
    deployed.checkout(new_key())
    deployed.checkout(new_key(), provider="mock")
    admin = deployed.as_user("boss", role="admin")
    for function, path in (("checkout_api", "/transactions"), ("admin_api", "/admin/transactions")):
        listed = deployed.call("GET", path, headers=admin, function=function).body["transactions"]
        assert [each["route"] for each in listed] == ["requested", "only"]

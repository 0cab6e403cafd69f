"""What a purchase costs in calls and write units, counted where requests leave the process."""

from __future__ import annotations

from typing import Any

from tests.support.calls import Calls, counted_calls
from tests.support.deployment import Deployment
from tests.support.requests import a_mock_event, new_key
from tests.support.requests import context as invocation


def _warm(deployed: Deployment) -> None:
    """What is read once per instance: secrets, prices, origins."""
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body))
    deployed.apply_inbox()


def _write_units(deployed: Deployment, calls: Calls) -> float:
    """From the items as they are stored: a transactional write of an item is 2 units per KB, a plain one 1."""
    total = 0
    for name, request in zip(calls.made, calls.requests, strict=True):
        if name == "dynamodb.TransactWriteItems":
            assert all(_size(deployed, item) <= 1024 for item in request["TransactItems"])
            total += 2 * len(request["TransactItems"])
        elif name in ("dynamodb.PutItem", "dynamodb.UpdateItem"):
            total += 1
    return total


def _size(deployed: Deployment, write: dict[str, Any]) -> int:
    ((_, request),) = write.items()
    key = request.get("Key") or {name: request["Item"][name] for name in ("pk", "sk")}
    stored = deployed.client("dynamodb").get_item(TableName=request["TableName"], Key=key)["Item"]
    return sum(len(name) + _bytes(next(iter(value.values()))) for name, value in stored.items())


def _bytes(value: object) -> int:
    return len(value) if isinstance(value, bytes) else len(str(value).encode())


def test_a_checkout_is_two_calls_and_fourteen_write_units(deployed: Deployment) -> None:
    _warm(deployed)
    with counted_calls() as calls:
        assert deployed.checkout().status == 201
    assert calls.made == ["dynamodb.TransactWriteItems", "dynamodb.TransactWriteItems"]
    assert _write_units(deployed, calls) <= 14


def test_a_replayed_checkout_is_one_call(deployed: Deployment) -> None:
    _warm(deployed)
    key = new_key()
    deployed.checkout(key)
    with counted_calls() as calls:
        deployed.checkout(key)
    assert calls.made == ["dynamodb.TransactWriteItems"]


def test_a_webhook_is_one_call_and_so_is_its_duplicate(deployed: Deployment) -> None:
    _warm(deployed)
    event = a_mock_event(deployed.checkout().body)
    for _ in range(2):
        with counted_calls() as calls:
            assert deployed.tell(event).status == 200
        assert calls.made == ["dynamodb.PutItem"]


def test_applying_an_event_is_two_calls_and_at_most_ten_write_units(deployed: Deployment) -> None:
    _warm(deployed)
    deployed.tell(a_mock_event(deployed.checkout().body))
    record = deployed.stream("INBOX_TABLE")[-1]
    with counted_calls() as calls:
        deployed.function("inbox_consumer").handler({"Records": [record]}, invocation())
    assert calls.made == ["dynamodb.GetItem", "dynamodb.TransactWriteItems"]
    assert _write_units(deployed, calls) <= 10

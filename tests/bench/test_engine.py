"""The engine for many items, and the one behind the tests' own server, answer what the engine answers, whatever a query
asks for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest

from tests.support.engine import running_engine
from tests.support.tables import create_table

TABLE = "core"
FORMS: dict[str, dict[str, Any]] = {
    "all": {"IndexName": "by_owner", "KeyConditionExpression": "owner_key = :a"},
    "between": {"IndexName": "by_owner", "KeyConditionExpression": "owner_key = :a AND listed_at BETWEEN :b AND :c"},
    "past": {"IndexName": "by_owner", "KeyConditionExpression": "owner_key = :a AND listed_at > :b"},
    "prefix": {"IndexName": "by_owner", "KeyConditionExpression": "owner_key = :a AND begins_with(listed_at, :p)"},
    "due": {"IndexName": "by_due", "KeyConditionExpression": "due = :a AND due_at <= :n"},
    "filtered": {
        "IndexName": "by_owner",
        "KeyConditionExpression": "owner_key = :a",
        "FilterExpression": "currency = :e",
    },
}
VALUES = {
    ":a": {"S": "one"},
    ":b": {"S": "2026-01-02"},
    ":c": {"S": "2026-01-05#3"},
    ":p": {"S": "2026-01-0"},
    ":n": {"N": "100"},
    ":e": {"S": "EUR"},
}


def _item(number: int) -> dict[str, Any]:
    """Several to a day, some alike in their place, numbers that sort otherwise as text."""
    return {
        "pk": {"S": f"P#{(number * 7) % 40:02d}"},
        "sk": {"S": "PAYMENT"},
        "owner_key": {"S": "one" if number % 5 else "two"},
        "listed_at": {"S": f"2026-01-{number % 12:02d}#{number % 4}"},
        "due": {"S": "one"},
        "due_at": {"N": str(number * 9)},
        "currency": {"S": "EUR" if number % 3 else "USD"},
    }


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Any]]:
    """The engine as it is, and as we run it, with the same items and the same changes."""
    with ExitStack() as open_:
        make: Any = boto3.client
        clients = {
            program: make("dynamodb", endpoint_url=open_.enter_context(running_engine(program)).url)
            for program in ("ministack", "bench.engine", "tests.support.engine_server")
        }
        for client in clients.values():
            create_table(client, "CoreTable", TABLE)
            for some in itertools.batched(map(_item, range(40)), 20, strict=True):
                client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": each}} for each in some]})
        yield clients


def _pages(client: Any, query: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    """Every page to the end: its items, how many were looked at, and where it stopped."""
    mentioned = f"{query['KeyConditionExpression']} {query.get('FilterExpression', '')}"
    asked = {**query, "TableName": TABLE}
    asked["ExpressionAttributeValues"] = {name: value for name, value in VALUES.items() if name in mentioned}
    pages = []
    while True:
        found = client.query(**asked)
        pages.append((found["Items"], found["ScannedCount"], found.get("LastEvaluatedKey")))
        if "LastEvaluatedKey" not in found:
            return pages
        asked["ExclusiveStartKey"] = found["LastEvaluatedKey"]


def _same(engines: dict[str, Any], query: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    plain, *ours = (_pages(client, query) for client in engines.values())
    assert ours == [plain, plain]
    return plain


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [{}, {"Limit": 1}, {"Limit": 3}])
@pytest.mark.parametrize("form", FORMS)
def test_every_page_is_the_same(engines: dict[str, Any], form: str, limit: dict[str, int], forward: bool) -> None:
    pages = _same(engines, {**FORMS[form], **limit, "ScanIndexForward": forward})
    assert sum(len(items) for items, _, _ in pages) > 3


def test_what_is_written_later_is_found(engines: dict[str, Any]) -> None:
    def count() -> int:
        return sum(len(items) for items, _, _ in _same(engines, FORMS["all"]))

    before = count()
    late = _item(41) | {"pk": {"S": "LATE"}, "owner_key": {"S": "one"}}
    for client in engines.values():
        client.put_item(TableName=TABLE, Item=late)
    assert count() == before + 1
    for client in engines.values():
        client.delete_item(TableName=TABLE, Key={name: late[name] for name in ("pk", "sk")})
    assert count() == before

"""What an operation is charged for, from the requests it sent."""

from __future__ import annotations

import json
from typing import Any

from bench.counting import Cost, cost_of
from bench.exchange import Exchange, Operation

KEYS = {"pk": {"S": "PAYMENT#t#1"}, "sk": {"S": "PAYMENT"}}
PAYMENT = {**KEYS, "kind": {"S": "payment"}, "owner_key": {"S": "t#u"}, "day_shard": {"S": "t#d#00"}}


def _cost(target: str, request: Any, stored: Any = None, *, status: int = 200, answer: Any = None) -> Cost:
    exchange = Exchange(target, json.dumps(request).encode(), status, json.dumps(answer or {}).encode())
    return cost_of(Operation("operation", (exchange,), 0, 1), lambda _table, _key: stored or {})


def test_a_transaction_is_two_units_an_item_and_one_for_each_index_it_is_in() -> None:
    event = {**KEYS, "kind": {"S": "event"}, "hour_shard": {"S": "h"}, "sk_event": {"S": "e"}, "body": {"S": "x" * 900}}
    puts = [{"Put": {"TableName": "core", "Item": item}} for item in (PAYMENT, event)]
    cost = _cost("dynamodb.TransactWriteItems", {"TransactItems": puts})
    assert (cost.write_units, cost.index_units, cost.database_calls) == (4, 3, 1)


def test_an_item_past_a_kilobyte_costs_twice() -> None:
    put = {"TableName": "core", "Item": {**PAYMENT, "session_url": {"S": "x" * 1024}}}
    assert _cost("dynamodb.PutItem", put).write_units == 2


def test_an_update_is_as_large_as_what_it_leaves() -> None:
    update = {"TableName": "inbox", "Key": KEYS, "UpdateExpression": "SET #0 = :0"}
    assert _cost("dynamodb.UpdateItem", update, {**KEYS, "payload": {"S": "x" * 2000}}).write_units == 2


def test_a_refused_write_is_charged_for_what_it_met_and_touches_no_index() -> None:
    put = {"TableName": "core", "Item": PAYMENT}
    cost = _cost("dynamodb.PutItem", put, {**PAYMENT, "session_url": {"S": "x" * 1024}}, status=400)
    assert (cost.write_units, cost.index_units) == (2, 0)


def test_reads_that_find_nothing_cost_too() -> None:
    batch = {"RequestItems": {"core": {"Keys": [KEYS, KEYS]}}}
    answer = {"Responses": {"core": [PAYMENT]}}
    assert _cost("dynamodb.BatchGetItem", batch, answer=answer).read_units == 1
    consistent = {"TableName": "core", "Key": KEYS, "ConsistentRead": True}
    assert _cost("dynamodb.GetItem", consistent).read_units == 1


def test_other_services_are_calls_but_no_units() -> None:
    cost = _cost("events.PutEvents", {"Entries": [{}, {}]})
    assert (cost.calls, cost.database_calls, cost.write_units, cost.bus_entries) == (("events.PutEvents",), 0, 0, 2)

"""What is answered from memory is what the operation met when it was observed, not what it left behind."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from bench.exchange import Exchange
from bench.replaying import Replay

READ = json.dumps({"TableName": "core", "Key": {"pk": {"S": "PAYMENT#t#1"}}})


def _answered(replay: Replay, target: str, request: str) -> Any:
    sent = SimpleNamespace(headers={"X-Amz-Target": target}, body=request, url="https://dynamodb")
    return json.loads(replay.aws(sent).content)


def _exchange(request: str, answer: Any) -> Exchange:
    return Exchange("dynamodb.GetItem", request.encode(), 200, json.dumps(answer).encode())


def test_a_read_finds_what_it_found_first() -> None:
    before, after = ({"Item": {"state": {"S": state}}} for state in ("pending", "confirmed"))
    replay = Replay([_exchange(READ, before), _exchange(READ, after)])
    assert _answered(replay, "DynamoDB_20120810.GetItem", READ) == before


def test_another_read_finds_something_else() -> None:
    other = READ.replace("#1", "#2")
    replay = Replay([_exchange(READ, {"Item": {}}), _exchange(other, {})])
    assert _answered(replay, "DynamoDB_20120810.GetItem", other) == {}

"""What is measured beside ours is correct as far as it goes: nothing unsigned is stored, and nothing twice."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bench.hand_written import Handler, into_dynamodb, into_sqlite
from bench.shop import webhook_event

SECRET = "whsec_of_this_test"
PAYLOAD = json.dumps({"id": "evt_1", "type": "checkout.session.completed"}).encode()
TABLE = "events"


@pytest.fixture
def stored_in_sqlite(tmp_path: Path) -> Iterator[tuple[Handler, Any]]:
    handler, database = into_sqlite(tmp_path / "events.sqlite3", SECRET)
    with sqlite3.connect(tmp_path / "events.sqlite3") as reader:
        yield handler, lambda: [row[0] for row in reader.execute("SELECT payload FROM events")]
    reader.close()
    database.close()


@pytest.fixture
def stored_in_dynamodb() -> Iterator[tuple[Handler, Any]]:
    with mock_aws():
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        handler = into_dynamodb(TABLE, SECRET)
        yield handler, lambda: [item["payload"]["B"] for item in client.scan(TableName=TABLE)["Items"]]


@pytest.mark.parametrize("kept", ["stored_in_sqlite", "stored_in_dynamodb"])
def test_a_delivery_is_stored_once(kept: str, request: pytest.FixtureRequest) -> None:
    handler, stored = request.getfixturevalue(kept)
    for _ in range(2):
        assert handler(webhook_event(PAYLOAD, SECRET), None)["statusCode"] == 200
    assert stored() == [PAYLOAD]


@pytest.mark.parametrize("kept", ["stored_in_sqlite", "stored_in_dynamodb"])
def test_what_is_signed_otherwise_is_not_stored(kept: str, request: pytest.FixtureRequest) -> None:
    handler, stored = request.getfixturevalue(kept)
    good = webhook_event(PAYLOAD, SECRET)
    for wrong in (
        webhook_event(PAYLOAD, "another"),
        good | {"body": good["body"] + " "},
        good | {"headers": {}},
        good | {"headers": {"stripe-signature": f"t={int(time.time()) - 301},v1=00"}},
    ):
        assert handler(wrong, None)["statusCode"] == 400
    assert stored() == []

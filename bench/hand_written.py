"""A webhook endpoint as one writes it by hand: check the signature over the raw bytes, store the event once. The
simplest that is correct as far as it goes; what the event means is left to whoever reads the table.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

type Handler = Callable[[dict[str, Any], Any], Any]

TOLERANCE_SECONDS = 300
_CREATE = "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payload BLOB NOT NULL, received_at REAL NOT NULL)"
_INSERT = "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def into_sqlite(file: Path, secret: str) -> tuple[Handler, sqlite3.Connection]:
    """One committed insert, with SQLite's own settings: it is on the disk when the answer goes out."""
    database = sqlite3.connect(file)
    database.execute(_CREATE)

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        payload = verified(event, secret)
        if payload is None:
            return _answer(400)
        with database:
            database.execute(_INSERT, (json.loads(payload)["id"], payload, time.time()))
        return _answer(200)

    return handle, database


def into_dynamodb(table: str, secret: str) -> Handler:
    """One conditional put, through a client with boto3's defaults."""
    make: Any = boto3.client
    client = make("dynamodb")

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        payload = verified(event, secret)
        if payload is None:
            return _answer(400)
        key = {name: {"S": json.loads(payload)["id"]} for name in ("pk", "sk")}
        try:
            item = {**key, "payload": {"B": payload}, "received_at": {"N": str(int(time.time()))}}
            client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except client.exceptions.ConditionalCheckFailedException:
            return _answer(200)
        return _answer(200)

    return handle


def verified(event: dict[str, Any], secret: str) -> bytes | None:
    """The signed bytes of a function URL's event, or None."""
    payload: bytes = event["body"].encode()
    parts = [part.partition("=") for part in event["headers"].get("stripe-signature", "").split(",")]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return None
    expected = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
    given = [value for name, _, value in parts if name == "v1"]
    return payload if any(hmac.compare_digest(expected, each) for each in given) else None


def _answer(status: int) -> dict[str, Any]:
    return {"statusCode": status, "headers": {}, "body": "{}"}

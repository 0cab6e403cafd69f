"""What a subscriber of the event bus received, numbered in order of arrival and kept across restarts."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from local.aws import Aws
from local.settings import ACCOUNT, REGION

_NAME = "local-subscriber"


class EventStore:
    """An append-only table of received events."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT UNIQUE,"
                " received_at REAL NOT NULL, body TEXT NOT NULL)"
            )

    def add(self, message_id: str, body: str) -> None:
        """Keep one message; the same message delivered again by the queue is kept once."""
        with self._connect() as database:
            database.execute(
                "INSERT OR IGNORE INTO events (message, received_at, body) VALUES (?, ?, ?)",
                (message_id, time.time(), body),
            )

    def after(self, n: int, limit: int) -> list[dict[str, Any]]:
        """Events numbered above `n`, oldest first."""
        query = "SELECT n, received_at, body FROM events WHERE n > ? ORDER BY n LIMIT ?"
        with self._connect() as database:
            return [_shown(*row) for row in database.execute(query, (n, limit))]

    def count(self) -> int:
        with self._connect() as database:
            return int(database.execute("SELECT COALESCE(MAX(n), 0) FROM events").fetchone()[0])

    def clear(self) -> None:
        with self._connect() as database:
            database.execute("DELETE FROM events")
            database.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Commits on success and always closes (sqlite3's own context manager does not close)."""
        with closing(sqlite3.connect(self._file, timeout=5)) as database, database:
            database.execute("PRAGMA journal_mode=WAL")
            yield database


class Subscriber:
    """A queue that receives every event of the buses, as any product would subscribe."""

    def __init__(self, aws: Aws, store: EventStore) -> None:
        self._aws, self._store = aws, store
        self._queue = ""
        self._reading = threading.Lock()

    def subscribe(self, buses: list[str]) -> None:
        """Make the queue and the rules; they may exist already."""
        sqs, events = self._aws.client("sqs"), self._aws.client("events")
        self._queue = str(sqs.create_queue(QueueName=_NAME)["QueueUrl"])
        # A reader that was killed in the middle gets its messages again soon.
        sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"VisibilityTimeout": "2"})
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_NAME}"
        for bus in buses:
            everything = json.dumps({"source": [{"prefix": ""}]})
            events.put_rule(Name=_NAME, EventBusName=bus, EventPattern=everything)
            events.put_targets(Rule=_NAME, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def drain(self) -> None:
        """Move what waits in the queue to the store. A message leaves the queue only once it is kept."""
        if not self._queue:
            return
        client = self._aws.client("sqs")
        with self._reading:  # two readers at a time would mix up the order
            while messages := client.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self._store.add(message["MessageId"], message["Body"])
                    client.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


def _shown(n: int, received_at: float, body: str) -> dict[str, Any]:
    event = json.loads(body)
    names = {"id": "id", "source": "source", "detail_type": "detail-type", "time": "time", "detail": "detail"}
    return {"n": n, "received_at": received_at, **{ours: event.get(theirs) for ours, theirs in names.items()}}

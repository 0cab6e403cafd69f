"""The simulator's memory: one SQLite file, every acknowledged write on disk before it is acknowledged."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.simulators.stripe.errors import Body

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body TEXT NOT NULL, private TEXT NOT NULL, due REAL, account TEXT
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_by_source ON objects (kind, json_extract(body, '$.source_transaction'));
CREATE INDEX IF NOT EXISTS objects_by_invoice ON objects (kind, json_extract(body, '$.invoice'));
CREATE INDEX IF NOT EXISTS objects_by_subscription
    ON objects (kind, json_extract(body, '$.parent.subscription_details.subscription'));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request_id TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL,
    status TEXT NOT NULL, due REAL NOT NULL, follows INTEGER
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (status, due);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, delivery INTEGER NOT NULL, at REAL NOT NULL, http_status INTEGER,
    error TEXT, milliseconds INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_delivery ON attempts (delivery);
CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, rule TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY);
"""
# A file of a version that knew no connected accounts lacks the column.
_ADDED_COLUMN = "ALTER TABLE objects ADD COLUMN account TEXT"
_TABLES = ("objects", "idempotency", "deliveries", "attempts", "faults", "switches")


@dataclass(slots=True)
class Record:
    """A stored object: what clients see, and what only the simulator knows of it. `due`: when time changes it.

    `account`: the connected account it belongs to, None for the platform's own; set by storing it.
    """

    kind: str
    body: Body
    private: Body = field(default_factory=dict)
    due: float | None = None
    seq: int = 0
    account: str | None = None

    @property
    def id(self) -> str:
        return str(self.body["id"])


class Transaction:
    """Reads and writes that are kept together or not at all.

    Finds and lists the objects of one account only: the platform (None), or a connected account.
    """

    def __init__(self, connection: sqlite3.Connection, account: str | None = None, *, everywhere: bool = False) -> None:
        self._connection = connection
        self._everywhere = everywhere
        self.account = account

    def of(self, account: str | None) -> Transaction:
        """The same transaction, for another account's objects."""
        return Transaction(self._connection, account)

    def everywhere(self) -> Transaction:
        """The same transaction, for the objects of all accounts."""
        return Transaction(self._connection, self.account, everywhere=True)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, values)

    def insert(self, record: Record) -> None:
        """Add a new object; its id must not exist."""
        cursor = self.execute(
            "INSERT INTO objects (id, kind, body, private, due, account) VALUES (?, ?, ?, ?, ?, ?)",
            (record.id, record.kind, json.dumps(record.body), json.dumps(record.private), record.due, self.account),
        )
        record.seq, record.account = cursor.lastrowid or 0, self.account

    def update(self, record: Record) -> None:
        """Write an object's present content."""
        self.execute(
            "UPDATE objects SET body = ?, private = ?, due = ? WHERE id = ?",
            (json.dumps(record.body), json.dumps(record.private), record.due, record.id),
        )

    def find(self, identifier: str, kind: str | None = None) -> Record | None:
        """The object with this id, if there is one and it is of the kind asked for."""
        row = self.execute("SELECT * FROM objects WHERE id = ?", (identifier,)).fetchone()
        if row is None or kind not in (None, row["kind"]):
            return None
        return _record(row) if self._everywhere or row["account"] == self.account else None

    def select(self, kind: str, conditions: Mapping[str, Any] | None = None, *, tail: str = "") -> list[Record]:
        """Objects of a kind, newest first; each condition is an SQL comparison with one value."""
        conditions = {**({} if self._everywhere else {"account IS ?": self.account}), **(conditions or {})}
        where = "".join(f" AND {comparison}" for comparison in conditions)
        sql = f"SELECT * FROM objects WHERE kind = ?{where} {tail or 'ORDER BY seq DESC'}"
        return [_record(row) for row in self.execute(sql, (kind, *conditions.values()))]

    def next_due(self, now: float) -> Record | None:
        """Of the objects of all accounts whose time has come, the one whose time came first."""
        row = self.execute("SELECT * FROM objects WHERE due <= ? ORDER BY due, seq LIMIT 1", (now,)).fetchone()
        return _record(row) if row else None

    def clear(self) -> None:
        """Forget everything."""
        for table in _TABLES:
            self.execute(f"DELETE FROM {table}")


def _record(row: sqlite3.Row) -> Record:
    body, private = json.loads(row["body"]), json.loads(row["private"])
    return Record(row["kind"], body, private, row["due"], row["seq"], row["account"])


class Store:
    """The file. One transaction runs at a time, whatever the number of threads."""

    def __init__(self, database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)
        if "account" not in {row["name"] for row in self._connection.execute("PRAGMA table_info(objects)")}:
            self._connection.execute(_ADDED_COLUMN)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Committed to disk on leaving; rolled back when an exception leaves."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Release the file. The store is of no use afterwards."""
        with self._lock:
            self._connection.close()

# a repair reaches into the engine's modules
"""DynamoDB: an acknowledged write survives a kill.

Engine: tables are written to disk at a clean end only, stream records never.
AWS: a write that was answered is durable, and its stream record will be delivered.

Every request's changes (items, stream records, transaction tokens) are one record of a journal, written before the
answer is sent: a transaction is on disk as a whole or not at all. A snapshot starts a new journal.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from local.engine_repairs.records import RecordLog, read_records

_SETTINGS = ("tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights", "backups")
_MORE_SETTINGS = ("resource_policies", "exports", "imports")
_STREAMS = ("stream_records", "stream_trimmed", "txn_idempotency")
_JOURNAL_LIMIT = 8 * 1024 * 1024

Scope = tuple[str, str]


class DurableTables:
    """The journal and snapshot of the engine's DynamoDB module."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine: Any = import_module("ministack.services.dynamodb")
        self._lock = threading.RLock()
        self._pending: list[Any] = []
        self._depth = 0
        self._generation = 0
        self._journal: RecordLog | None = None
        self._schema: Any = None
        self._known: set[Any] = set()
        self.on_stream_record: Callable[[], None] = lambda: None

    @property
    def _snapshot_file(self) -> Path:
        return self._folder / "tables.snapshot"

    def _journal_file(self, generation: int) -> Path:
        return self._folder / f"tables-{generation}.journal"

    def install(self) -> None:
        """Replace the module's write functions by ones that journal."""
        self._journal_items()
        self._journal_streams_and_tokens()
        handle = self._engine.handle_request

        async def one_request(*request: Any) -> Any:
            with self._lock:
                self._depth += 1
                try:
                    return await handle(*request)  # the engine's handlers never suspend, so the lock is held briefly
                finally:
                    self._depth -= 1
                    self._write_pending()

        self._engine.handle_request = one_request

    def _journal_items(self) -> None:
        engine = self._engine
        set_item, remove_item = engine._set_item, engine._remove_item

        def journalled_set(table: Any, pk: Any, sk: Any, item: Any) -> Any:
            with self._lock:
                old = set_item(table, pk, sk, item)
                self._note(("item", _scoped_name(table), pk, sk, item))
                return old

        def journalled_remove(table: Any, pk: Any, sk: Any) -> Any:
            with self._lock:
                old = remove_item(table, pk, sk)
                self._note(("item", _scoped_name(table), pk, sk, None))
                return old

        engine._set_item, engine._remove_item = journalled_set, journalled_remove

    def _journal_streams_and_tokens(self) -> None:
        engine = self._engine
        emit, store_token = engine._emit_stream_event, engine._txn_token_store

        def journalled_emit(name: str, *change: Any, **options: Any) -> None:
            with self._lock:
                before = engine.stream_end_position(name)
                emit(name, *change, **options)
                if engine.stream_end_position(name) > before:
                    scope = (*engine._tables._prefix(), name)
                    self._note(("record", scope, engine._stream_records[name][-1]))
                    self.on_stream_record()

        def journalled_token(token: str, entry: Any) -> None:
            store_token(token, entry)
            self._note(("token", (*engine._tables._prefix(), token), entry))

        engine._emit_stream_event, engine._txn_token_store = journalled_emit, journalled_token

    def load(self) -> None:
        """Bring back the last snapshot and every journalled change after it. Called once, before the server starts."""
        with self._lock:
            if self._snapshot_file.exists():
                self._restore(pickle.loads(self._snapshot_file.read_bytes()))
                for changes in read_records(self._journal_file(self._generation)):
                    for change in changes:
                        self._apply(change)
                self._pending.clear()
            self.snapshot()

    def snapshot(self) -> None:
        """Write all tables with their stream records, atomically, and start an empty journal."""
        with self._lock:
            engine = self._engine
            generation = self._generation + 1
            tables = engine._tables.__class__()
            for scope, table in engine._tables.all_items():
                tables.set_scoped(*scope, {k: v for k, v in table.items() if k != engine._INDEX_MEMBERS})
            state = {name: getattr(engine, f"_{name}") for name in (*_SETTINGS, *_MORE_SETTINGS, *_STREAMS)}
            fresh = self._snapshot_file.with_suffix(".new")
            body = {"generation": generation, "tables": tables, **state}
            fresh.write_bytes(pickle.dumps(body, protocol=pickle.HIGHEST_PROTOCOL))
            journal = RecordLog(self._journal_file(generation))
            fresh.replace(self._snapshot_file)
            self._switch(journal, generation)

    def upkeep(self) -> None:
        """Snapshot when settings of a table changed or the journal has grown long."""
        with self._lock:
            if self._schema != self._read_schema() or (self._journal and self._journal.size > _JOURNAL_LIMIT):
                self.snapshot()

    def _switch(self, journal: RecordLog, generation: int) -> None:
        if self._journal:
            self._journal.close()
        for old in self._folder.glob("tables-*.journal"):
            if old != journal.path:
                old.unlink(missing_ok=True)
        self._journal, self._generation, self._schema = journal, generation, self._read_schema()
        self._known = {_identity(table) for table in self._engine._tables.all_values()}

    def _read_schema(self) -> Any:
        tables = self._engine._tables.all_items()
        volatile = ("items", "ItemCount", "TableSizeBytes", self._engine._INDEX_MEMBERS)
        described = {str(k): repr({n: v for n, v in t.items() if n not in volatile}) for k, t in tables}
        return described, *(repr(getattr(self._engine, f"_{name}")._data) for name in _SETTINGS)

    def _note(self, change: Any) -> None:
        with self._lock:
            self._pending.append(change)
            if self._depth == 0:
                self._write_pending()

    def _write_pending(self) -> None:
        if self._depth or not self._pending:
            return
        changes, self._pending = self._pending, []
        if self._journal is None:
            return
        written = (self._engine._tables.get_scoped(*change[1]) for change in changes if change[0] == "item")
        if all(_identity(table) in self._known for table in written if table):
            self._journal.append(changes)
        else:
            self.snapshot()  # a table that the last snapshot does not have

    def _restore(self, body: dict[str, Any]) -> None:
        engine = self._engine
        self._generation = body["generation"]
        engine._restore_state(body)
        for name in _STREAMS:
            getattr(engine, f"_{name}").update(body[name])

    def _apply(self, change: Any) -> None:
        engine, (kind, scope, *rest) = self._engine, change
        if kind == "record":
            records = engine._stream_records._data.setdefault(scope, [])
            records.append(rest[0])
        elif kind == "token":
            engine._txn_idempotency.set_scoped(*scope, rest[0])
        elif (table := engine._tables.get_scoped(*scope)) is not None:
            pk, sk, item = rest
            engine._remove_item(table, pk, sk) if item is None else engine._set_item(table, pk, sk, item)


def _identity(table: Any) -> Any:
    return table["TableArn"], table.get("CreationDateTime")


def _scoped_name(table: Any) -> tuple[str, str, str]:
    """(account, region, name) out of the table's ARN: a background thread has no request scope."""
    _, _, _, region, account, name = table["TableArn"].split(":", 5)
    return account, region, name.removeprefix("table/")

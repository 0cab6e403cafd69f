# a repair reaches into the engine's modules
"""DynamoDB stream → Lambda with AWS's rules, one worker per mapping.

Engine: ReportBatchItemFailures counts as success (the record is lost), retries never end, there is no bisecting,
MaximumRetryAttempts and failure destinations are ignored, and one stuck mapping stalls all others.
AWS: see `stream_batches`; mappings know nothing of each other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from local.engine_repairs.stream_batches import Condition, Record, Reply, Retries, work_through
from local.engine_repairs.stream_failures import send_failure

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_IDLE_SECONDS = 1.0
_DEFAULT_BATCH = 100
_log = logging.getLogger("tollgate.streams")


class _Stopped(Exception):
    """The mapping was deleted, disabled or given another function while a batch was in progress."""


class StreamMappings:
    """Starts a worker for every enabled mapping the engine knows, and wakes them when a record arrives."""

    def __init__(self, on_progress: Callable[[], None]) -> None:
        self._lambda: Any = import_module("ministack.services.lambda_svc")
        self._tables: Any = import_module("ministack.services.dynamodb")
        self._on_progress = on_progress
        self._workers: dict[str, threading.Thread] = {}
        self._news = threading.Condition()
        self._arrivals = 0
        self._begun = False

    def install(self) -> None:
        self._lambda._poll_dynamodb_streams = self._start_workers

    def begin(self) -> None:
        """From now on records are delivered."""
        self._begun = True
        self._lambda._esm_wake.set()
        self._lambda._ensure_poller()

    def wake(self) -> None:
        """A record was written to some stream."""
        with self._news:
            self._arrivals += 1
            self._news.notify_all()

    def _start_workers(self) -> bool:
        """Called by the engine's poll loop about once a second."""
        if not self._begun:
            return False
        for account, region, mapping in self._lambda._iter_all_esms():
            name = mapping["UUID"]
            if ":dynamodb:" not in mapping.get("EventSourceArn", "") or name in self._workers:
                continue
            worker = threading.Thread(target=self._follow, args=(account, region, mapping), daemon=True)
            self._workers[name] = worker
            worker.start()
        return False

    def _follow(self, account: str, region: str, mapping: dict[str, Any]) -> None:
        self._lambda._request_account_id.set(account)
        self._lambda._request_region.set(region)
        seen = -1
        while self._lambda._esms.get(mapping["UUID"]) is mapping:
            with self._news:
                self._news.wait_for(lambda: self._arrivals != seen, _IDLE_SECONDS)  # noqa: B023 (called at once)
                seen = self._arrivals
            try:
                while mapping.get("Enabled", True) and self._one_batch(mapping):
                    pass
            except _Stopped:
                continue
            except Exception:  # noqa: BLE001  # one mapping's trouble must not end its worker
                _log.exception("Mapping %s failed outside its function", mapping["UUID"])
                time.sleep(_IDLE_SECONDS)
        self._workers.pop(mapping["UUID"], None)

    def _one_batch(self, mapping: dict[str, Any]) -> bool:
        """Take the next batch through to its end. False when there is nothing to do."""
        function, _ = self._lambda._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        table = self._tables._tables.get(_table_name(mapping))
        if function is None or not table or table.get("LatestStreamArn") != mapping["EventSourceArn"]:
            return False
        start = self._position(mapping)
        records = self._tables.stream_records_since(
            _table_name(mapping), start, mapping.get("BatchSize", _DEFAULT_BATCH)
        )
        if not records:
            return False
        wanted = self._lambda._apply_filter_criteria(records, mapping)
        if wanted:
            self._work_through(mapping, wanted, {_sequence(r): start + n + 1 for n, r in enumerate(records)})
        self._move(mapping, start + len(records))
        return True

    def _work_through(self, mapping: dict[str, Any], records: list[Record], positions: dict[str, int]) -> None:
        def invoke(part: Sequence[Record]) -> Reply:
            self._require_active(mapping)
            return self._invoke(mapping, part)

        def discard(part: Sequence[Record], condition: Condition, invocations: int) -> None:
            _log.warning("Mapping of %s gave up %d records: %s", mapping["FunctionName"], len(part), condition)
            send_failure(mapping, part, mapping["FunctionArn"], condition, invocations)

        work_through(
            records,
            retry_settings(mapping),
            invoke=invoke,
            done=lambda record: self._move(mapping, positions[_sequence(record)]),
            discard=discard,
            pause=lambda failures: self._pause(mapping, failures),
            now=time.time,
        )

    def _invoke(self, mapping: dict[str, Any], records: Sequence[Record]) -> Reply:
        function, _ = self._lambda._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        if function is None:
            raise _Stopped
        result = self._lambda._execute_function(function, {"Records": list(records)})
        failed = bool(result.get("error"))
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        return Reply(failed, result.get("body"), throttled=bool(result.get("throttle")))

    def _require_active(self, mapping: dict[str, Any]) -> None:
        if self._lambda._esms.get(mapping["UUID"]) is not mapping or not mapping.get("Enabled", True):
            raise _Stopped

    def _pause(self, mapping: dict[str, Any], failures: int) -> None:
        """Wait before a retry, longer each time, but look often whether the mapping still stands."""
        until = time.monotonic() + min(_FIRST_PAUSE * 2 ** max(0, failures - 1), _LONGEST_PAUSE)
        while time.monotonic() < until:
            self._require_active(mapping)
            time.sleep(0.1)

    def _position(self, mapping: dict[str, Any]) -> int:
        positions, horizon = (
            self._lambda._dynamodb_stream_positions,
            self._tables.stream_start_position(_table_name(mapping)),
        )
        with self._lambda._dynamodb_stream_positions_lock:
            if mapping["UUID"] not in positions:
                latest = mapping.get("StartingPosition") == "LATEST"
                end = self._tables.stream_end_position(_table_name(mapping))
                positions[mapping["UUID"]] = end if latest else horizon
            return int(max(positions[mapping["UUID"]], horizon))

    def _move(self, mapping: dict[str, Any], position: int) -> None:
        with self._lambda._dynamodb_stream_positions_lock:
            self._lambda._dynamodb_stream_positions[mapping["UUID"]] = position
        self._on_progress()


def retry_settings(mapping: dict[str, Any]) -> Retries:
    """A mapping's settings with AWS's defaults: no limits, no splitting."""

    def number(name: str) -> int:
        value = mapping.get(name)
        return -1 if value is None else int(value)

    return Retries(
        attempts=number("MaximumRetryAttempts"),
        record_age_seconds=number("MaximumRecordAgeInSeconds"),
        bisect=str(mapping.get("BisectBatchOnFunctionError", False)).lower() == "true",
        partial_responses="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []),
    )


def _table_name(mapping: dict[str, Any]) -> str:
    return str(mapping["EventSourceArn"]).split("/")[1]


def _sequence(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])

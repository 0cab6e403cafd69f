# a repair reaches into the engine's modules
"""All services but DynamoDB: what they hold is snapshot as one file, atomically, and on demand.

Engine: state is written at a clean end only, one file after the other.
AWS: a message, an execution or a schedule that was accepted is durable.

Stream positions are read first, so that a snapshot never claims a record whose effects it does not hold:
after a kill records may be delivered again, and none is skipped.
"""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.engine_repairs.addresses import moved

_TRIES = 20
_READS = ("Get", "Describe", "List", "BatchGet", "Query", "Scan", "Transact", "Lookup", "Start", "Filter")
_QUIET = {"dynamodb", "logs", "monitoring", "sts", "dynamodbstreams"}


class StateOfOtherEngine(Exception):
    """The state folder was written by another version of the engine."""


class DurableServices:
    """Snapshots of the engine's services, taken only when something changed since the last one."""

    def __init__(self, folder: Path, address: str) -> None:
        self._address = self._old_address = address
        self._file = folder / "services.snapshot"
        self._app: Any = import_module("ministack.app")
        self._changes = self._requested = 0
        self._saved = -1
        self._writing = threading.Lock()
        self._turn: asyncio.Lock | None = None
        self._loaded: dict[str, bytes] | None = None
        self._complete = False
        self._forget_old_code: Callable[[], None] = lambda: None

    def touch(self) -> None:
        """Something changed that the next snapshot must hold."""
        self._changes += 1

    def install(self) -> None:
        """Put the engine's own persistence through this snapshot, and notice every change."""
        app = self._app
        dispatch = app._dispatch_service_request
        lambda_service: Any = import_module("ministack.services.lambda_svc")
        execute = lambda_service._execute_function

        async def noticed_dispatch(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
            try:
                return await dispatch(method, path, headers, *rest)
            finally:
                if _changes_state(app, method, path, headers):
                    self._ask()

        def noticed_execute(function: Any, event: Any) -> Any:
            try:
                return execute(function, event)
            finally:
                self.touch()

        app._dispatch_service_request = noticed_dispatch
        app._handle_ses_v2_request = self._noticing_mails(app._handle_ses_v2_request)
        lambda_service._execute_function = noticed_execute
        self._load_before_saving()
        self._keep_code_until_saved(lambda_service)
        app.load_state = self._load
        app.save_all = lambda _services: self.save()

    def _ask(self) -> None:
        self.touch()
        self._requested = self._changes

    def _noticing_mails(self, handle: Any) -> Any:
        """The engine answers what is SES's before it dispatches anything; everything else is answered None there."""

        async def noticed(method: str, *rest: Any) -> Any:
            answer = await handle(method, *rest)
            if answer is not None and method != "GET":
                self._ask()
            return answer

        return noticed

    def _load_before_saving(self) -> None:
        """A snapshot of what is not loaded yet would replace the good one by an empty one."""
        load_all = self._app._load_persisted_state

        def load_then_allow_saving() -> None:
            load_all()
            self._complete = True

        self._app._load_persisted_state = load_then_allow_saving

    def _keep_code_until_saved(self, lambda_service: Any) -> None:
        """The engine deletes code that the state no longer names before the new state is on disk."""
        prune = lambda_service._prune_orphan_code_blobs

        def prune_later(referenced: Any) -> None:
            self._forget_old_code = lambda: prune(referenced)

        lambda_service._prune_orphan_code_blobs = prune_later

    async def checkpoint(self) -> None:
        """Return once all changes that clients asked for before the call are on disk; one write serves all callers."""
        wanted = self._requested
        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            if self._saved < wanted:
                await asyncio.to_thread(self.save)

    def save_if_changed(self) -> None:
        if self._saved < self._changes or self._has_running_workflows():
            self.save()

    def save(self) -> None:
        if not self._complete:
            return
        with self._writing:
            changes = self._changes
            body = {"engine": version("ministack"), "address": self._address, "services": self._collect()}
            fresh = self._file.with_suffix(".new")
            fresh.write_bytes(pickle.dumps(body, protocol=pickle.HIGHEST_PROTOCOL))
            fresh.replace(self._file)
            self._saved = changes
            self._forget_old_code()

    def _collect(self) -> dict[str, bytes]:
        getters = self._app._build_persistence_save_dict()
        getters.pop("dynamodb", None)
        names = sorted(getters, key=lambda name: name != "lambda")
        collected = {name: _stable_state(name, getters[name]) for name in names}
        return {name: state for name, state in collected.items() if state is not None}

    def _load(self, service: str) -> Any:
        if self._loaded is None:
            self._loaded = self._read()
        state = self._loaded.get(service)
        return moved(pickle.loads(state), self._old_address, self._address) if state else None

    def _read(self) -> dict[str, bytes]:
        if not self._file.exists():
            return {}
        body = pickle.loads(self._file.read_bytes())
        if body["engine"] != version("ministack"):
            raise StateOfOtherEngine(
                f"{self._file} was written by engine {body['engine']}, this is {version('ministack')}. "
                "Next: `python -m local reset` (local data is lost)."
            )
        self._old_address = body["address"]
        return dict(body["services"])

    def _has_running_workflows(self) -> bool:
        workflows = self._app._loaded_modules.get("stepfunctions")
        if workflows is None:
            return False
        return any(run.get("status") == "RUNNING" for run in workflows._executions.all_values())


def _changes_state(app: Any, method: str, path: str, headers: dict[str, str]) -> bool:
    target = headers.get("x-amz-target", "")
    if target:
        if target.startswith(("DynamoDB", "Logs_")):
            return False
        action = target.rsplit(".", 1)[-1]
        return action.startswith("StartExecution") or not action.startswith(_READS)
    return method not in ("GET", "HEAD") or app.detect_service(method, path, headers, {}) not in _QUIET


def _stable_state(name: str, get_state: Any) -> bytes | None:
    """The service's state as bytes; other threads may change it meanwhile, then it is read again."""
    for attempt in range(_TRIES):
        try:
            state = get_state()
            if name == "cloudwatch_logs":
                _forget_log_lines(state)
            return None if state is None else pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
        except RuntimeError:
            if attempt == _TRIES - 1:
                raise
    return None


def _forget_log_lines(state: dict[str, Any]) -> None:
    """Function output is kept in a file of its own; saving it here would make every snapshot grow."""
    for group in state["log_groups"].all_values():
        group["streams"] = {}
    state.pop("log_records", None)

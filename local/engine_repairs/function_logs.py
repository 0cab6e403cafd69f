# a repair reaches into the engine's modules
"""Lambda: what functions print is readable in one file as it happens.

Engine: each invocation opens a log stream of its own in CloudWatch Logs, and none is ever dropped; and an invocation
that prints nothing waits 50 ms for output that does not come.
Here: lines also go to a file that `python -m local logs` shows, old streams of a group are dropped, and a worker marks
the end of an invocation's output.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

_STREAMS_KEPT = 200
_FILE_LIMIT = 20 * 1024 * 1024
_MARK = "__tollgate_end_of_output__"
_LAST_FLUSH = "        _real_stdout.flush()\n\nrun()"
_MARKING_FLUSH = f'        print("{_MARK}", file=sys.stderr, flush=True)\n{_LAST_FLUSH}'
_MARK_SECONDS = 0.25
_writing = threading.Lock()


def install(file: Path) -> None:
    """Write every function's lines to `file` as `<UTC time> <function> <line>`."""
    service: Any = import_module("ministack.services.lambda_svc")
    emit = service._emit_lambda_logs

    def emit_to_file_too(function: Any, request_id: str, text: str, error: bool, ms: int, **rest: Any) -> None:
        emit(function, request_id, text, error, ms, **rest)
        _drop_old_streams()
        _write(file, _name(function), text or "", error, ms)

    service._emit_lambda_logs = emit_to_file_too
    _mark_the_end()


def _mark_the_end() -> None:
    runtime: Any = import_module("ministack.core.lambda_runtime")
    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(_LAST_FLUSH) != 1:
        raise RuntimeError("The engine's worker script is not the one this repair was written for.")
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_LAST_FLUSH, _MARKING_FLUSH)
    runtime.Worker._drain_stderr_bounded = _output_up_to_mark


def _output_up_to_mark(worker: Any) -> str:
    """What one invocation printed; a worker that died has no mark, so the wait is bounded."""
    lines: list[str] = []
    until = time.monotonic() + _MARK_SECONDS
    while (left := until - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        if line == _MARK:
            break
        lines.append(line)
    return "\n".join(lines)


def _name(function: dict[str, Any]) -> str:
    config = function.get("config") or function
    variables = (config.get("Environment") or {}).get("Variables") or {}
    physical = str(config.get("FunctionName", "?"))
    return str(variables.get("POWERTOOLS_SERVICE_NAME") or re.sub(r"^[^-]+-(.+)-[0-9A-F]{8,}$", r"\1", physical))


def _write(file: Path, name: str, text: str, error: bool, ms: int) -> None:
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = [*text.splitlines(), f"[{'FAILED' if error else 'done'} in {ms} ms]"]
    with _writing:
        if file.exists() and file.stat().st_size > _FILE_LIMIT:
            file.replace(file.with_suffix(".old.log"))
        with file.open("a", encoding="utf-8") as out:
            out.writelines(f"{stamp} {name:<18} {line}\n" for line in lines)


def _drop_old_streams() -> None:
    groups: Any = import_module("ministack.services.cloudwatch_logs")._log_groups
    for group in groups.all_values():
        streams = group["streams"]
        for old in list(streams)[: max(0, len(streams) - _STREAMS_KEPT)]:
            streams.pop(old, None)

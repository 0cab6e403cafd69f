# a repair reaches into the engine's modules
"""Step Functions: a task that waits for its token is given up at its time, and fails with what it calls.

Engine: `TimeoutSecondsPath` is not read, `TimeoutSeconds` counts on the wall clock, and a function that fails is waited
for all the same.
AWS: the time is taken from the state's input where a path names it, and a function's error is the task's. Here the time
is that of the domain clock.
"""

from __future__ import annotations

import json
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from local.clock import ClockFile

_LOOK_SECONDS = 0.1
# As AWS has it where a state says nothing.
_FOREVER = 99_999_999
_CALLS = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def install(clock_file: Path) -> None:
    """Replace how a task with a token waits, where it calls a function."""
    clock = ClockFile(clock_file)
    workflows: Any = import_module("ministack.services.stepfunctions")
    execute, invoke = workflows._execute_task, workflows._invoke_with_callback

    def execute_in_time(state: Any, given: Any, execution: Any, context: Any) -> Any:
        path = state.get("TimeoutSecondsPath")
        if path is not None:
            state = {**state, "TimeoutSeconds": workflows._resolve_path(path, given)}
        return execute(state, given, execution, context)

    def invoke_and_wait(resource: str, given: Any, token: str, state: Any) -> Any:
        if resource != _CALLS:
            return invoke(resource, given, token, state)
        due, event = clock.now() + state.get("TimeoutSeconds", _FOREVER), threading.Event()
        # It may be answered while it is called.
        info = {"event": event, "result": None, "error": None, "heartbeat": None}
        workflows._task_tokens[token] = info
        try:
            function = workflows._resolve_lambda_function_ref(given["FunctionName"], optimized=True)
            workflows._call_lambda(function, given["Payload"])
            while not event.wait(_LOOK_SECONDS):
                if clock.now() >= due:
                    raise workflows._ExecutionError("States.Timeout", "nobody came with the token in time")
        finally:
            workflows._task_tokens.pop(token, None)
        return _outcome(workflows, info)

    workflows._execute_task, workflows._invoke_with_callback = execute_in_time, invoke_and_wait


def _outcome(workflows: Any, info: dict[str, Any]) -> Any:
    if info["error"]:
        raise workflows._ExecutionError(info["error"].get("Error", "TaskFailed"), info["error"].get("Cause", ""))
    return json.loads(info["result"])

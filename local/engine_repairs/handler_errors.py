# a repair reaches into the engine's modules
"""Lambda: a raised exception is reported under its own name.

Engine: every exception becomes `Runtime.HandlerError`, and the worker is thrown away.
AWS: `errorType` is the class name (Step Functions' Retry and Catch match it), and the environment is used again.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MARK = "__tollgate_handler_error__"
_DESCRIBED = (
    '{"errorType": type(e).__name__, "errorMessage": str(e), "stackTrace": traceback.format_exc().splitlines()}'
)
_REPORT = (
    'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})',
    f'(traceback.print_exc() or json.dumps({{"status": "ok", "result": {{"{_MARK}": {_DESCRIBED}}}}}))',
)
_INIT_REPORT = (
    'json.dumps({"status": "error", "error": str(e)})',
    'json.dumps({"status": "error", "error": traceback.format_exc()})',
)


def install() -> None:
    """Make workers report the class, and turn the report into the engine's failed result."""
    runtime: Any = import_module("ministack.core.lambda_runtime")
    service: Any = import_module("ministack.services.lambda_svc")
    script = runtime._PYTHON_WORKER_SCRIPT
    for faulty, sound in (_REPORT, _INIT_REPORT):
        if script.count(faulty) != 1:
            raise RuntimeError("The engine's worker script is not the one this repair was written for.")
        script = script.replace(faulty, sound)
    runtime._PYTHON_WORKER_SCRIPT = script
    execute = service._execute_function_warm

    def execute_with_error_names(function: Any, event: Any, request_id: str) -> Any:
        return named_error(execute(function, event, request_id))

    service._execute_function_warm = execute_with_error_names


def named_error(result: dict[str, Any]) -> dict[str, Any]:
    """The engine's result, failed with the class name where the worker reported an exception."""
    body = result.get("body")
    if not (isinstance(body, dict) and _MARK in body):
        return result
    return {"body": body[_MARK], "error": True, "function_error": "Unhandled", "log": result.get("log", "")}

# a repair reaches into the engine's modules
"""Lambda: environments are ready before the first request.

Engine: the first invocation of each function pays for the start of a process and all its imports.
AWS: the same, but a laptop pays for all functions at once and more slowly; so they are started ahead, without
invoking anything.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any


def warm(function_name: str, account: str, region: str) -> float:
    """Start one worker of the function and import its handler. Returns the seconds it took.

    Raises RuntimeError with the worker's message when the handler cannot be imported, KeyError for no such function.
    """
    service: Any = import_module("ministack.services.lambda_svc")
    runtime: Any = import_module("ministack.core.lambda_runtime")
    function = service._functions.get_scoped(account, region, function_name)
    if function is None:
        raise KeyError(function_name)
    started = time.monotonic()
    version = function["config"].get("Version", "$LATEST")
    worker, _ = runtime.acquire_worker(function_name, function["config"], function["code_zip"], qualifier=version)
    try:
        runtime.ensure_spawned(worker)
    finally:
        runtime.release_worker(worker)
    return time.monotonic() - started

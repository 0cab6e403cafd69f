# a repair reaches into the engine's modules
"""Lambda: a worker process ends with the engine.

Engine: a worker in the middle of an invocation outlives a killed engine and goes on calling other services.
AWS: there is no such state; an environment never outlives its host.
"""

from __future__ import annotations

import os
import threading
import time
from importlib import import_module
from typing import Any

_WATCH = """
def _watch_parent():
    import os, threading, time
    parent = int(os.environ["TOLLGATE_ENGINE_PID"])
    def watch():
        while os.getppid() == parent:
            time.sleep(0.25)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()

_watch_parent()
"""


def install() -> None:
    """Let every worker watch the engine."""
    runtime: Any = import_module("ministack.core.lambda_runtime")
    os.environ["TOLLGATE_ENGINE_PID"] = str(os.getpid())
    runtime._PYTHON_WORKER_SCRIPT = _WATCH + runtime._PYTHON_WORKER_SCRIPT


def end_with_parent(parent: int, seconds: float = 0.25) -> None:
    """End this process at once when `parent` is no longer its parent: state on disk is complete at any moment."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()

# a repair reaches into the engine's modules
"""Lambda: workers are forked from a process that has imported what all of them import.

Engine: each worker starts a Python of its own and imports the same libraries, most of a second each.
AWS: environments start on machines of their own; a laptop starts all of them at once.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from local.engine_repairs.worker_nursery import LENGTH

_PROGRAM = Path(__file__).with_name("worker_nursery.py")


def install() -> None:
    """Let the engine's Python workers be forked. Forking is safe on Linux; elsewhere they start as they did."""
    if sys.platform != "linux":
        return
    runtime: Any = import_module("ministack.core.lambda_runtime")
    runtime.subprocess = _Processes(_Nursery())


class _Nursery:
    def __init__(self) -> None:
        self._door, theirs = socket.socketpair()
        self._asking = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, script: str, folder: str, environment: dict[str, str]) -> _Forked:
        """Raises OSError where there is no nursery any more."""
        parent = {"TOLLGATE_ENGINE_PID": str(self._process.pid)}
        request = json.dumps({"script": script, "folder": folder, "environment": environment | parent}).encode()
        stdin, stdout, stderr, life = (os.pipe() for _ in range(4))
        theirs, ours = (stdin[0], stdout[1], stderr[1], life[1]), (stdin[1], stdout[0], stderr[0], life[0])
        try:
            with self._asking:
                socket.send_fds(self._door, [LENGTH.pack(len(request))], theirs)
                self._door.sendall(request)
                answer = self._door.recv(LENGTH.size, socket.MSG_WAITALL)
            if len(answer) < LENGTH.size:
                raise ConnectionResetError("the nursery has ended")
        except OSError:
            for each in ours:
                os.close(each)
            raise
        finally:
            for each in theirs:
                os.close(each)
        return _Forked(LENGTH.unpack(answer)[0], *ours)


class _Forked:
    """What the engine asks of a `subprocess.Popen`. A worker is another's child: its end is the end of a pipe."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, life: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin = os.fdopen(stdin, "w", buffering=1)
        self.stdout = os.fdopen(stdout, buffering=1)
        self.stderr = os.fdopen(stderr, buffering=1)
        self._life = life

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        ended = self._ended(None if timeout is None else timeout * 1000)
        if ended is None:
            raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
        return ended

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def _ended(self, milliseconds: float | None) -> int | None:
        """How it ended nobody asks: 0."""
        if self.returncode is None:
            watch = select.poll()
            watch.register(self._life, select.POLLIN)
            if watch.poll(milliseconds):
                self.returncode = 0
        return self.returncode

    def __del__(self) -> None:
        os.close(self._life)


class _Processes:
    """`subprocess`, as the engine's runtime knows it."""

    def __init__(self, nursery: _Nursery) -> None:
        self._nursery = nursery

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, command: list[str], **options: Any) -> Any:  # noqa: N802 - its name
        """A fork, if it is a Python worker; where there is nothing to fork from, a process as before."""
        if command[0] == sys.executable:
            try:
                return self._nursery.fork(command[1], options["cwd"], options["env"])
            except OSError:
                return subprocess.Popen(command, **options)
        return subprocess.Popen(command, **options)

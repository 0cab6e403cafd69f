"""Which stack runs on a state folder, if any: one at a time."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local.errors import LocalError
from local.settings import REPOSITORY, LocalSettings


class AlreadyRunning(LocalError):
    """Another process uses the state folder; the message says which and what to do next."""


@contextmanager
def exclusive(settings: LocalSettings) -> Iterator[None]:
    """Hold the state folder while the stack runs; a kill lets go of it. Raises AlreadyRunning."""
    with (settings.state_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise AlreadyRunning(
                f"The state folder {settings.state_dir} is in use by process {lock.read() or '?'}.\n"
                "Next: python -m local down (or another folder: TOLLGATE_STATE_DIR=… )"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def write_stack_file(settings: LocalSettings) -> None:
    """Tell other programs of this state folder where the stack is, now that it is ready."""
    document = {
        "port": settings.port,
        "engine_port": settings.engine_port,
        "pid": os.getpid(),
        "url": settings.base_url,
    }
    document |= {"template": str(settings.template), "repository": str(REPOSITORY)}
    fresh = settings.stack_file.with_suffix(".new")
    fresh.write_text(json.dumps(document, indent=2))
    fresh.replace(settings.stack_file)


def find_running(settings: LocalSettings) -> dict[str, Any] | None:
    """What `stack.json` says, when its process is alive and ours."""
    try:
        document: dict[str, Any] = json.loads(settings.stack_file.read_text())
    except (OSError, ValueError):
        return None
    return document if is_front(int(document["pid"])) else None


def answers(running: dict[str, Any]) -> bool:
    """Whether the front port of a found stack responds."""
    try:
        return httpx.get(f"{running['url']}/local/info", timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def is_front(pid: int) -> bool:
    """Whether this process was started as `python -m local run` (pids are reused)."""
    try:
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        listed = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
        words = listed.stdout.split()
    return b"local" in words or any(word.endswith(b"local/__main__.py") for word in words)

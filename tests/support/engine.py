"""One MiniStack per test process: real conditions, transactions, streams and secrets, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 20
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Engine:
    """Where it listens."""

    url: str


@contextmanager
def running_engine(program: str = "tests.support.engine_server") -> Iterator[Engine]:
    """Start it, wait until it answers, and end it with everything it held. `program` is the module that is run."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="tollgate-engine-") as folder:
        environment = os.environ | {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "STATE_DIR": folder,
            "TMPDIR": folder,
        }
        with Path(folder, "engine.log").open("wb") as log:
            command = [sys.executable, "-m", program]
            process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, Path(folder, "engine.log"))
            yield Engine(url)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the engine did not start:\n{log.read_text(errors='replace')[-2000:]}")

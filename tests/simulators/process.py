"""The simulator in a process of its own, which can be killed, and whose chances are no others' business."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.simulators.world import Clock, Receiver, World, a_client, free_port, wait_until

ROOT = Path(__file__).parents[2]


@contextmanager
def a_process(folder: Path, receiver: Receiver) -> Iterator[tuple[World, subprocess.Popen[bytes]]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.simulators.serve", str(folder / "stripe.sqlite"), str(port), receiver.url]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}"})
    try:
        wait_until(lambda: _answers(base), "the process", seconds=20)
        yield World(base, a_client(base), receiver, Clock()), process
    finally:
        process.kill()
        process.wait()


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/control/state", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False

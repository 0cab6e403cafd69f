"""What each command of `python -m local` does."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

from local.errors import LocalError
from local.logs import follow, last_lines
from local.running import answers, find_running, is_front
from local.settings import REPOSITORY, LocalSettings

_START_SECONDS, _STOP_SECONDS = 90.0, 15.0


class CommandError(LocalError):
    """A command cannot do its work now; the message says what to do next."""


def run(settings: LocalSettings, options: argparse.Namespace) -> int:
    """Foreground."""
    from local.server import serve  # the other commands answer at once without what this needs

    return serve(replace(settings, watch=not options.no_watch))


def up(settings: LocalSettings, options: argparse.Namespace) -> int:
    """Background."""
    running = find_running(settings)
    if running and answers(running):
        print(f"Running already: {running['url']}/local")
        return 0
    log = settings.state_dir / "logs" / "front.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    process = _detached(settings, options, log)
    print("Starting in the background …", flush=True)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = find_running(settings)
        if running and running["pid"] == process.pid and answers(running):
            print(log.read_text().split("\n\n", 1)[0])
            print(f"\nReady: {running['url']}/local\nStop it with: python -m local down")
            return 0
        if process.poll() is not None:
            raise CommandError(f"It ended while starting:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)
    raise CommandError(f"It was not ready within {_START_SECONDS:.0f} s. See {log}.\nNext: python -m local down")


def demo(settings: LocalSettings, options: argparse.Namespace) -> int:
    """A purchase, on the running stack or on one that is started for it and goes on running."""
    from local.demo import Demo

    up(settings, options)
    running = find_running(settings)
    if running is None:
        raise CommandError("The stack stopped again.\nNext: python -m local logs --engine")
    return Demo(running["url"]).run()


def demo_dunning(settings: LocalSettings, options: argparse.Namespace) -> int:
    """A week of dunning in seconds, on the same stack."""
    from local.demo_dunning import DunningDemo

    up(settings, options)
    running = find_running(settings)
    if running is None:
        raise CommandError("The stack stopped again.\nNext: python -m local logs --engine")
    return DunningDemo(running["url"]).run()


def _detached(settings: LocalSettings, options: argparse.Namespace, log: Path) -> subprocess.Popen[bytes]:
    flags = {"--port": settings.port, "--engine-port": settings.engine_port}
    places = {"--state-dir": settings.state_dir, "--template": settings.template}
    words = [str(word) for flag in (flags | places).items() for word in flag]
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "local", "run", *words, *(["--no-watch"] if options.no_watch else [])],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def down(settings: LocalSettings, _options: argparse.Namespace) -> int:
    """Stop."""
    running = find_running(settings)
    if not running:
        print("It does not run.")
        return 0
    os.kill(running["pid"], signal.SIGTERM)
    if not _until(lambda: not is_front(running["pid"]), _STOP_SECONDS):
        os.kill(running["pid"], signal.SIGKILL)
    print("Stopped. The data stays; `python -m local reset` empties it.")
    return 0


def status(settings: LocalSettings, _options: argparse.Namespace) -> int:
    """0 when it runs and answers, 3 when not (as service managers have it)."""
    running = find_running(settings)
    if not running:
        print("It does not run.\nNext: python -m local up")
        return 3
    if not answers(running):
        print(f"Process {running['pid']} does not answer. See {settings.state_dir / 'logs'}.")
        return 3
    info = httpx.get(f"{running['url']}/local/info", trust_env=False).json()
    shown = {
        "console": info["urls"]["console"],
        "api": info["urls"]["api"],
        "engine": info["engine"]["endpoint_url"],
        "state": info["state_dir"],
        "clock": info["clock"]["now"],
    }
    print(f"Running as process {running['pid']}.")
    for name, value in shown.items():
        print(f"  {name:<8} {value}")
    return 0


def reset(settings: LocalSettings, _options: argparse.Namespace) -> int:
    """Empty, whether it runs or not."""
    running = find_running(settings)
    if running and answers(running):
        httpx.post(f"{running['url']}/local/reset", timeout=_START_SECONDS, trust_env=False).raise_for_status()
        print(f"Emptied and deployed afresh: {running['url']}/local")
        return 0
    shutil.rmtree(settings.engine_dir, ignore_errors=True)
    for pattern in ("*.sqlite*", "clock"):
        for file in settings.state_dir.glob(pattern):
            file.unlink()
    print("Emptied. Secrets were kept.")
    return 0


def logs(settings: LocalSettings, options: argparse.Namespace) -> int:
    """Show a log file, and go on with it if asked."""
    file = settings.state_dir / "logs" / "engine.log" if options.engine else settings.function_log
    if not file.exists():
        print(f"Nothing was logged yet ({file}).")
    for line in last_lines(file, options.lines):
        print(line)
    if options.follow:
        follow(file)
    return 0


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False

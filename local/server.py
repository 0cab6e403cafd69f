"""Runs the front port in this process, from claiming the ports to the last snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Generator

import uvicorn

from local.aws import isolate_from_real_accounts
from local.front import Front
from local.ports import claim
from local.progress import Progress
from local.running import exclusive, write_stack_file
from local.settings import HOST, LocalSettings
from local.stack import LocalStack

_WELCOME = """
Ready in {seconds:.1f} s.

  console    {base}/local
  api        {base}/payments/checkout
  webhooks   {base}/webhooks/stripe
  everything {base}/local/info

Try next:
  curl -s {base}/health
  TOKEN=$(curl -s -X POST {base}/local/token | python3 -c 'import json,sys; print(json.load(sys.stdin)["token"])')
  curl -s {base}/api/v1/payment-methods -H "Authorization: Bearer $TOKEN"
Logs of the functions: python -m local logs --follow
"""


def serve(settings: LocalSettings) -> int:
    """Blocks until SIGINT or SIGTERM. Raises AlreadyRunning, PortTaken and what the stack raises."""
    isolate_from_real_accounts()
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with exclusive(settings):
        listener, settings = _claim_ports(settings)
        with contextlib.closing(listener):
            return asyncio.run(_serve(settings, listener))


def _claim_ports(settings: LocalSettings) -> tuple[socket.socket, LocalSettings]:
    """The front port is bound at once, so that nothing can take it while the engine starts."""
    port = claim(settings.port, "TOLLGATE_PORT")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    engine_port = settings.engine_port or claim(0, "TOLLGATE_ENGINE_PORT")
    return listener, settings.with_ports(port, engine_port)


class _Server(uvicorn.Server):
    """Signals are ours: the engine must write its state before the process ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _serve(settings: LocalSettings, listener: socket.socket) -> int:
    started = time.monotonic()
    progress = Progress()
    progress.say(f"Starting the local stack (state in {settings.state_dir})")
    front = Front(LocalStack(settings, progress))
    # As the engine does: what is sent in the moment that a connection ends has no answer.
    config = uvicorn.Config(
        front, log_level="warning", lifespan="off", access_log=False, server_header=False, timeout_keep_alive=75
    )
    server = _Server(config)
    stop = _stop_signal()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with front.running():
            write_stack_file(settings)
            progress.say(_WELCOME.format(seconds=time.monotonic() - started, base=settings.base_url))
            await stop.wait()
            progress.say("Stopping …")
            server.should_exit = server.force_exit = True
            await serving
    finally:
        settings.stack_file.unlink(missing_ok=True)
        server.should_exit = server.force_exit = True
        await serving
    return 0


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop

"""The engine's process: MiniStack with our repairs, on loopback, ending with the process that started it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from local.engine_repairs import (
    client_address,
    domain_time,
    forked_workers,
    function_logs,
    handler_errors,
    sent_mails,
    task_tokens,
    worker_parent,
)
from local.engine_repairs.client_address import App, Receive, Scope, Send
from local.engine_repairs.durable_services import DurableServices
from local.engine_repairs.durable_tables import DurableTables
from local.engine_repairs.shared_layers import SharedLayers
from local.engine_repairs.stream_mappings import StreamMappings
from local.engine_repairs.warm_workers import warm
from local.engine_repairs.workflow_restarts import WorkflowRestarts
from local.settings import ACCOUNT, REGION

_SNAPSHOT_SECONDS = 1.0
_WARM = "/_tollgate/warm/"
_log = logging.getLogger("tollgate.engine")


class EngineHost:
    """Wires the repairs into the engine and keeps its state on disk."""

    def __init__(self, state: Path, address: str) -> None:
        self.tables = DurableTables(state)
        self.services = DurableServices(state, address)
        self.mappings = StreamMappings(self.services.touch)
        self.workflows = WorkflowRestarts()

    def install(self) -> None:
        """Replace the faulty functions. The order matters where two wrap the same one."""
        handler_errors.install()
        worker_parent.install()
        forked_workers.install()
        SharedLayers(Path(os.environ["TMPDIR"]) / "layers").install()
        function_logs.install(Path(os.environ["TOLLGATE_FUNCTION_LOG"]))
        client_address.install()
        sent_mails.install()
        domain_time.install(Path(os.environ["TOLLGATE_CLOCK_FILE"]))
        task_tokens.install(Path(os.environ["TOLLGATE_CLOCK_FILE"]))
        self.workflows.install()
        self.mappings.install()
        self.tables.install()
        self.services.install()
        self.tables.on_stream_record = self.mappings.wake

    def application(self) -> App:
        engine: Any = import_module("ministack.app")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope["path"] if scope["type"] == "http" else ""
            if path == "/_tollgate/checkpoint":
                await asyncio.to_thread(self.tables.upkeep)
                await self.services.checkpoint()
                await _answer(send, 200, "durable")
            elif path == "/_tollgate/begin":
                self.begin()
                await _answer(send, 200, "begun")
            elif path.startswith(_WARM):
                await _answer(send, *await asyncio.to_thread(_warm, path.removeprefix(_WARM)))
            else:
                await engine.app(scope, receive, send)

        return client_address.naming_clients(app)

    def keep_snapshots(self) -> None:
        """Write what changed about once a second, for ever."""
        while True:
            time.sleep(_SNAPSHOT_SECONDS)
            try:
                self.tables.upkeep()
                self.services.save_if_changed()
            except Exception:  # noqa: BLE001  # a full disk must not end the engine; the next round tries again
                _log.exception("The state could not be written")

    async def serve(self, host: str, port: int) -> None:
        """Serve until SIGTERM or SIGINT, then write the state once more."""
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        config = Config()
        config.bind = [f"{host}:{port}"]
        config.keep_alive_timeout = 75
        config.loglevel = os.environ["LOG_LEVEL"]
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        threading.Thread(target=self.keep_snapshots, daemon=True, name="snapshots").start()
        await serve(self.application(), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]  # plain ASGI

    def begin(self) -> None:
        """Start what works by itself. Before the stack is deployed it would only fail and use up its retries."""
        self.workflows.start_again()
        self.mappings.begin()


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _warm(function_name: str) -> tuple[int, str]:
    try:
        return 200, f"{warm(function_name, ACCOUNT, REGION):.3f}"
    except (RuntimeError, KeyError) as error:
        return 500, str(error)


def main() -> None:
    """Run the engine as `local.engine.Engine` configured it through the environment."""
    worker_parent.end_with_parent(int(os.environ["TOLLGATE_ENGINE_PARENT"]))
    scratch = Path(os.environ["TMPDIR"])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    address, port = os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])
    host = EngineHost(Path(os.environ["STATE_DIR"]), f"{address}:{port}")
    host.install()
    host.tables.load()
    asyncio.run(host.serve(address, port))
    host.tables.snapshot()
    os._exit(0)  # worker threads of the engine must not hold the process


if __name__ == "__main__":
    main()

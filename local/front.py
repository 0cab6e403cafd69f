"""The front port: one loopback address for the API, webhooks, simulators and the console."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.controls import Controls
from local.proxy import API_LIMIT, FUNCTION_URL_LIMIT, Upstream
from local.requests import FieldError, SameOriginOnly, answer_field_error
from local.settings import HOST
from local.simulator import SimulatorMount
from local.stack import LocalStack
from local.watcher import watch_sources

_LOOK_SECONDS = 0.5
_EVENT_SECONDS = 0.3
_log = logging.getLogger("tollgate.local")


class Front:
    """The ASGI application and the work beside it: reading events, watching sources, keeping the engine alive."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.ready = False
        self._busy = asyncio.Lock()
        self._client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None))
        settings = stack.settings
        self._api = Upstream(settings, self._api_prefix, API_LIMIT, self._client)
        self._webhooks = Upstream(settings, self._webhook_prefix, FUNCTION_URL_LIMIT, self._client)
        self._simulator = SimulatorMount(stack)
        self._controls = Starlette(
            routes=Controls(stack, self._reset).routes(),
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
                Middleware(SameOriginOnly, port=settings.port),
            ],
            exception_handlers={FieldError: answer_field_error, HTTPException: _http_error},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await self._target(scope)(scope, receive, send)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start everything; on leaving, end the background work and the engine."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await asyncio.to_thread(self.stack.start)
            await self._simulator.start()
            self.ready = True
            tasks = [asyncio.create_task(_forever(work())) for work in self._background()]
            yield
        finally:
            self.ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._simulator.stop()
            await self._client.aclose()
            await asyncio.to_thread(self.stack.stop)

    def _background(self) -> list[Any]:
        watching = [self._watch] if self.stack.settings.watch else []
        return [self._read_events, self._keep_engine, *watching]

    def _target(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        if path in ("/", "/local") or path.startswith("/local/"):
            return self._controls
        if path.startswith("/simulators/"):
            return self._simulator
        upstream = self._webhooks if path.startswith("/webhooks/") else self._api
        return _endpoint(upstream)

    def _api_prefix(self) -> str:
        return f"/_aws/execute-api/{self.stack.deployment.api_id}/$default" if self.ready else ""

    def _webhook_prefix(self) -> str:
        return f"/_aws/lambda-url/{self.stack.deployment.webhook_host.split('.')[0]}" if self.ready else ""

    async def _reset(self) -> None:
        async with self._busy:
            self.ready = False
            await self._simulator.stop()
            self._simulator.forget()
            try:
                await asyncio.to_thread(self.stack.reset)
            finally:
                await self._simulator.start()
                self.ready = True

    async def _read_events(self) -> None:
        while True:
            async with self._busy:
                with contextlib.suppress(BotoCoreError, ClientError):  # the engine may be down; the queue keeps them
                    await asyncio.to_thread(self.stack.subscriber.drain)
            await asyncio.sleep(_EVENT_SECONDS)

    async def _keep_engine(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            async with self._busy:
                if not self.stack.engine.is_running():
                    self.stack.progress.say("! The engine ended unexpectedly. Starting it again with the state it had.")
                    await asyncio.to_thread(self.stack.restart_engine)

    async def _watch(self) -> None:
        async for changed in watch_sources(self.stack.settings, self.stack.deployed_sources):
            async with self._busy:
                names = ", ".join(sorted({str(path.relative_to(self.stack.settings.source_root)) for path in changed}))
                self.stack.progress.say(f"\nChanged: {names}")
                try:
                    await asyncio.to_thread(self._deploy_again)
                except Exception as error:  # noqa: BLE001  # whatever is wrong with a source, the stack stays up
                    self.stack.progress.say(f"! Not reloaded: {error}")

    def _deploy_again(self) -> None:
        self.stack.deploy()
        self.stack.warm()
        self.stack.engine.checkpoint()
        self.stack.progress.say("Reloaded.")


async def _forever(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception:  # noqa: BLE001  # told in the log; the other work goes on
        _log.exception("Background work of the front port ended")


def _endpoint(upstream: Upstream) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await upstream(Request(scope, receive))
        await response(scope, receive, send)

    return app


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": str(error), "code": "NOT_FOUND" if status == 404 else "REFUSED"}, status)

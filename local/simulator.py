"""Mounts the Stripe simulator on the front port."""

from __future__ import annotations

import contextlib
from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.stack import LocalStack

_PATH = "/simulators/stripe"


class SimulatorMount:
    """The simulator with its own life: it starts after the stack, and a reset gives it an empty database."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._database = stack.settings.state_dir / "stripe.sqlite"
        self._app: Starlette | None = None
        self._life = contextlib.AsyncExitStack()

    async def start(self) -> None:
        if find_spec("local.simulators.stripe.app") is None:
            return
        from local.simulators.stripe.app import create_app
        from local.simulators.stripe.settings import StripeSimulatorSettings

        stack, base = self._stack, self._stack.settings.base_url
        app = create_app(
            StripeSimulatorSettings(
                database=self._database,
                public_base=f"{base}{_PATH}",
                webhook_url=f"{base}/webhooks/stripe",
                secret_keys=lambda: [stack.credentials.stripe_key],
                signing_secrets=lambda: list(stack.credentials.webhook_secrets),
                now=stack.clock.now,
            )
        )
        await self._life.enter_async_context(app.router.lifespan_context(app))
        self._app = app

    async def stop(self) -> None:
        self._app = None
        await self._life.aclose()

    def forget(self) -> None:
        """Delete what the simulator stored. Only while it is stopped."""
        for file in self._database.parent.glob(f"{self._database.name}*"):
            file.unlink(missing_ok=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None or not scope["path"].startswith(_PATH):
            await JSONResponse({"error": "There is no such simulator, or it is still starting."}, 404)(
                scope, receive, send
            )
            return
        # Starlette and uvicorn agree: `path` is the full path, `root_path` the part that a mount has consumed.
        await self._app({**scope, "root_path": scope.get("root_path", "") + _PATH}, receive, send)

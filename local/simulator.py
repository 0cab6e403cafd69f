"""Mounts the provider simulators on the front port."""

from __future__ import annotations

import contextlib

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.credentials import SEGPAY_PACKAGES
from local.settings import SQUARE_LOCATIONS
from local.simulators.mock import MockSimulatorSettings
from local.simulators.mock import create_app as create_mock
from local.simulators.segpay.app import SegpaySimulatorSettings
from local.simulators.segpay.app import create_app as create_segpay
from local.simulators.square.app import SquareSimulatorSettings
from local.simulators.square.app import create_app as create_square
from local.simulators.stripe.app import create_app
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.stack import LocalStack

_PATH = "/simulators/stripe"
_SEGPAY_PATH = "/simulators/segpay"
_SQUARE_PATH = "/simulators/square"
_MOCK_PATH = "/simulators/mock"


class SimulatorMount:
    """The simulators with a life of their own: they start after the stack, and a reset gives Stripe and Square
    empty books.
    """

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._database = stack.settings.state_dir / "stripe.sqlite"
        self._square_file = stack.settings.state_dir / "square.json"
        self._apps: dict[str, Starlette] = {}
        self._life = contextlib.AsyncExitStack()

    async def start(self) -> None:
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
        segpay = create_segpay(
            SegpaySimulatorSettings(
                webhook_url=f"{base}/webhooks/segpay",
                account=stack.credentials.segpay_account,
                password=lambda: f"segpay:{stack.credentials.segpay_password}",
                packages={package: currency for currency, package in SEGPAY_PACKAGES.items()},
                now=stack.clock.now,
            )
        )
        await self._life.enter_async_context(segpay.router.lifespan_context(segpay))
        square = create_square(
            SquareSimulatorSettings(
                public_base=f"{base}{_SQUARE_PATH}",
                notification_url=f"{base}/webhooks/square",
                access_tokens=lambda: [stack.credentials.square_token],
                signing_keys=lambda: list(stack.credentials.square_keys),
                now=stack.clock.now,
                locations=SQUARE_LOCATIONS,
                file=self._square_file,
            )
        )
        await self._life.enter_async_context(square.router.lifespan_context(square))
        mock = create_mock(
            MockSimulatorSettings(
                webhook_url=f"{base}/webhooks/mock",
                signing_secrets=lambda: [stack.credentials.mock_secret],
                now=stack.clock.now,
            )
        )
        self._apps = {_PATH: app, _SEGPAY_PATH: segpay, _SQUARE_PATH: square, _MOCK_PATH: mock}

    async def stop(self) -> None:
        self._apps = {}
        await self._life.aclose()

    def forget(self) -> None:
        """Delete what the simulators stored. Only while it is stopped."""
        for file in self._database.parent.glob(f"{self._database.name}*"):
            file.unlink(missing_ok=True)
        self._square_file.unlink(missing_ok=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = next((path for path in self._apps if scope["path"].startswith(f"{path}/")), None)
        if path is None:
            missing = JSONResponse({"error": "There is no such simulator, or it is still starting."}, 404)
            await missing(scope, receive, send)
            return
        # Starlette and uvicorn agree: `path` is the full path, `root_path` the part that a mount has consumed.
        await self._apps[path]({**scope, "root_path": scope.get("root_path", "") + path}, receive, send)

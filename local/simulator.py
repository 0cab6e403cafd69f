"""Mounts the simulators of providers, and that of a consumer, on the front port."""

from __future__ import annotations

import contextlib
import time

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.credentials import CONSUMER, SEGPAY_PACKAGES, SEGPAY_PLANS
from local.settings import SQUARE_LOCATIONS
from local.simulators.consumer.app import ConsumerSimulatorSettings
from local.simulators.consumer.app import create_app as create_consumer
from local.simulators.mock import MockSimulatorSettings
from local.simulators.mock import create_app as create_mock
from local.simulators.paypal.app import PayPalSimulatorSettings
from local.simulators.paypal.app import create_app as create_paypal
from local.simulators.segpay.app import SegpaySimulatorSettings
from local.simulators.segpay.app import create_app as create_segpay
from local.simulators.square.app import SquareSimulatorSettings
from local.simulators.square.app import create_app as create_square
from local.simulators.stripe.app import create_app as create_stripe
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.stack import LocalStack

_PATH = "/simulators"


class SimulatorMount:
    """The simulators with a life of their own: they start after the stack, and a reset gives those that store anything
    empty books.
    """

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._database = stack.settings.state_dir / "stripe.sqlite"
        self._square_file = stack.settings.state_dir / "square.json"
        self._apps: dict[str, Starlette] = {}
        self._life = contextlib.AsyncExitStack()

    async def start(self) -> None:
        base = self._stack.settings.base_url
        apps = {
            "stripe": self._stripe(base),
            "square": self._square(base),
            "segpay": self._segpay(base),
            "paypal": self._paypal(base),
            "mock": self._mock(base),
            CONSUMER: self._consumer(),
        }
        for app in apps.values():
            await self._life.enter_async_context(app.router.lifespan_context(app))
        self._apps = {f"{_PATH}/{name}": app for name, app in apps.items()}

    def _stripe(self, base: str) -> Starlette:
        credentials = self._stack.credentials
        return create_stripe(
            StripeSimulatorSettings(
                database=self._database,
                public_base=f"{base}{_PATH}/stripe",
                webhook_url=f"{base}/webhooks/stripe",
                secret_keys=lambda: [credentials.stripe_key],
                signing_secrets=lambda: list(credentials.webhook_secrets),
                now=self._stack.clock.now,
            )
        )

    def _square(self, base: str) -> Starlette:
        credentials = self._stack.credentials
        return create_square(
            SquareSimulatorSettings(
                public_base=f"{base}{_PATH}/square",
                notification_url=f"{base}/webhooks/square",
                access_tokens=lambda: [credentials.square_token],
                signing_keys=lambda: list(credentials.square_keys),
                now=self._stack.clock.now,
                locations=SQUARE_LOCATIONS,
                file=self._square_file,
            )
        )

    def _segpay(self, base: str) -> Starlette:
        credentials = self._stack.credentials
        return create_segpay(
            SegpaySimulatorSettings(
                webhook_url=f"{base}/webhooks/segpay",
                account=credentials.segpay_account,
                password=lambda: f"segpay:{credentials.segpay_password}",
                packages={package: currency for currency, package in SEGPAY_PACKAGES.items()},
                plans={package: currency for currency, package in SEGPAY_PLANS.items()},
                now=self._stack.clock.now,
            )
        )

    def _paypal(self, base: str) -> Starlette:
        credentials = self._stack.credentials
        client_id, client_secret = credentials.paypal_client
        return create_paypal(
            PayPalSimulatorSettings(
                public_base=f"{base}{_PATH}/paypal",
                webhook_url=f"{base}/webhooks/paypal",
                client_id=client_id,
                client_secret=client_secret,
                webhook_id=credentials.paypal_webhook_id,
                authority=credentials.paypal_authority,
                now=self._stack.clock.now,
            )
        )

    def _mock(self, base: str) -> Starlette:
        credentials = self._stack.credentials
        return create_mock(
            MockSimulatorSettings(
                webhook_url=f"{base}/webhooks/mock",
                signing_secrets=lambda: [credentials.mock_secret],
                now=self._stack.clock.now,
            )
        )

    def _consumer(self) -> Starlette:
        credentials = self._stack.credentials
        return create_consumer(ConsumerSimulatorSettings(lambda: list(credentials.consumer_secrets), time.time))

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

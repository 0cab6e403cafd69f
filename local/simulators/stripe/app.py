"""The simulator as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from local.simulators.stripe import control
from local.simulators.stripe.api import METHODS, Api
from local.simulators.stripe.pages import Pages
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.simulators.stripe.simulator import Simulator

__all__ = ["StripeSimulatorSettings", "create_app"]


def create_app(settings: StripeSimulatorSettings) -> Starlette:
    """A simulator on the given file, at work at once: undelivered webhooks of an earlier run go out.

    Runs under any prefix. Ends with the application's lifespan; where that is not run, as under a mount, the owner
    calls `app.state.simulator.close()`.
    """
    simulator = Simulator(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(simulator.close)

    pages = Pages(simulator)
    app = Starlette(
        routes=[
            Route("/v1/{path:path}", Api(simulator).handle, methods=METHODS),
            Route("/pay/{session}", pages.pay, methods=["GET", "POST"]),
            Route("/authenticate/{intent}", pages.authenticate, methods=["GET", "POST"]),
            Route("/receipts/{intent}", pages.receipt),
            Route("/onboarding/{account}/{token}", pages.onboard, methods=["GET", "POST"]),
            *control.routes(simulator),
        ],
        lifespan=lifespan,
    )
    app.state.simulator = simulator
    return app

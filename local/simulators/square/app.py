"""The simulator as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from local.simulators.square import control
from local.simulators.square.api import METHODS, Api
from local.simulators.square.pages import Pages
from local.simulators.square.settings import SquareSimulatorSettings
from local.simulators.square.simulator import Simulator

__all__ = ["SquareSimulatorSettings", "create_app"]


def create_app(settings: SquareSimulatorSettings) -> Starlette:
    """At work at once, under any prefix; ends with the application's lifespan."""
    simulator = Simulator(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(simulator.close)

    app = Starlette(
        routes=[
            Route("/v2/{path:path}", Api(simulator).handle, methods=METHODS),
            Route("/pay/{link}", Pages(simulator).pay, methods=["GET", "POST"]),
            *control.routes(simulator),
        ],
        lifespan=lifespan,
    )
    app.state.simulator = simulator
    return app

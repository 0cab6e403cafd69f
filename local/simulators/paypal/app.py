"""The simulator as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from local.simulators.paypal.api import Api
from local.simulators.paypal.books import Books
from local.simulators.paypal.control import Control
from local.simulators.paypal.delivery import Deliveries
from local.simulators.paypal.pages import Pages
from local.simulators.paypal.settings import PayPalSimulatorSettings

__all__ = ["PayPalSimulatorSettings", "create_app"]


def create_app(settings: PayPalSimulatorSettings) -> Starlette:
    """At work at once; runs under any prefix, and ends with the application's lifespan."""
    deliveries = Deliveries(settings)
    books = Books(settings.now, settings.public_base.rstrip("/"))

    def emit(type_: str, resource: str, body: dict[str, Any]) -> None:
        deliveries.emit(type_, resource, body, books.time())

    books.emit = emit
    api, pages = Api(settings, books), Pages(books)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(deliveries.stop)

    return Starlette(
        routes=[
            Route("/v1/oauth2/token", api.token, methods=["POST"]),
            Route("/v1/notifications/certs/{name}", api.certificate),
            Route("/v2/{path:path}", api.handle, methods=["GET", "POST"]),
            Route("/checkoutnow", pages.checkout, methods=["GET", "POST"]),
            *Control(books, deliveries).routes(),
        ],
        lifespan=lifespan,
    )

"""The simulator as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from local.simulators.paypal.api import Api
from local.simulators.paypal.books import Books
from local.simulators.paypal.control import Control
from local.simulators.paypal.course import Course
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
    course = Course(books)
    api, pages = Api(settings, books), Pages(books, course)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(course.run())
        yield
        running.cancel()
        await run_in_threadpool(deliveries.stop)

    return Starlette(
        routes=[
            Route("/v1/oauth2/token", api.token, methods=["POST"]),
            Route("/v1/notifications/certs/{name}", api.certificate),
            *(Route(f"/{each}/{{path:path}}", api.of(each), methods=["GET", "POST"]) for each in ("v1", "v2")),
            Route("/checkoutnow", pages.checkout, methods=["GET", "POST"]),
            Route("/webapps/billing/subscriptions", pages.subscribe, methods=["GET", "POST"]),
            *Control(books, deliveries, course).routes(),
        ],
        lifespan=lifespan,
    )

"""The simulator as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from local.requests import FieldError, answer_field_error
from local.simulators.segpay.api import Api
from local.simulators.segpay.books import Books
from local.simulators.segpay.control import Control
from local.simulators.segpay.course import Course
from local.simulators.segpay.deliveries import Deliveries
from local.simulators.segpay.faults import Faults
from local.simulators.segpay.pages import Pages
from local.simulators.segpay.settings import SegpaySimulatorSettings

__all__ = ["SegpaySimulatorSettings", "create_app"]


def create_app(settings: SegpaySimulatorSettings) -> Starlette:
    """Runs under any prefix; postbacks that are on their way end with the application's lifespan."""
    books, deliveries, faults = Books(settings), Deliveries(settings), Faults()
    course = Course(books, deliveries)
    api, pages = Api(books, deliveries, course, faults), Pages(books, course.tell_of)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(course.run())
        yield
        running.cancel()
        await deliveries.close()

    return Starlette(
        routes=[
            Route("/MerchantServices/DynamicPricing/", api.price),
            Route("/MerchantServices/DynamicRecurring", api.recurring),
            Route("/{service}.asmx/{method}", api.service),
            Route("/billing/poset.cgi", pages.show, methods=["GET"]),
            Route("/billing/poset.cgi", pages.pay, methods=["POST"]),
            *Control(books, deliveries, course, faults).routes(),
        ],
        exception_handlers={FieldError: answer_field_error},
        lifespan=lifespan,
    )

"""The simulator as an ASGI application: an endpoint for deliveries, and what is done behind its back."""

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators.consumer.inbox import Inbox
from local.simulators.consumer.settings import ConsumerSimulatorSettings
from local.simulators.consumer.verification import NotVerified, verify
from local.simulators.stripe.control_input import BadControl, Count, Field, Seconds, Text, read
from local.simulators.stripe.faults import HungUp

__all__ = ["PATH", "ConsumerSimulatorSettings", "create_app"]

# As FunnelAI's backend has it.
PATH = "/api/internal/payments/events"
_CONTROLS = {
    "GET /control/state": "Which deliveries came, in their order, and each event once, with how often it came.",
    "POST /control/faults": "Answer the next deliveries so: status, after seconds, or hang up (drop); only of a type.",
    "DELETE /control/faults": "Forget the faults not yet used.",
    "POST /control/reset": "Forget everything.",
}
_FAULT: dict[str, Field] = {
    "status": Count(100, 599, 200),
    "seconds": Seconds(60.0, 0.0),
    "drop": Count(0, 1, 0),
    "times": Count(1, 100_000, 1),
    "type": Text(None),
}


class Consumer:
    """One inbox behind its endpoint."""

    def __init__(self, settings: ConsumerSimulatorSettings) -> None:
        self._settings = settings
        self.inbox = Inbox()

    async def receive(self, request: Request) -> Response:
        """What is not verified is refused and not kept; what is told to fail was not taken either."""
        body = await request.body()
        try:
            verify(request.headers, body, self._settings.signing_secrets(), self._settings.wall())
        except NotVerified as problem:
            self.inbox.refused += 1
            return JSONResponse({"error": f"{problem} does not prove who sent this"}, 401)
        fault = self.inbox.fault(str(json.loads(body).get("type")))
        if fault is not None:
            await asyncio.sleep(fault["seconds"])
            if fault["drop"]:
                return HungUp(reset=False)
        status = fault["status"] if fault else 204
        if 200 <= status < 300:
            self.inbox.keep(request.headers["webhook-id"], body)
        return Response(status_code=status)

    async def state(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.inbox.state())

    async def order(self, request: Request) -> JSONResponse:
        try:
            fault = read(await _document(request), _FAULT)
        except BadControl as problem:
            return JSONResponse({"errors": [{"field": problem.field, "message": problem.message}]}, problem.status)
        self.inbox.order(fault)
        return JSONResponse({"ordered": fault})

    async def cancel(self, _request: Request) -> JSONResponse:
        self.inbox.cancel()
        return JSONResponse({"ordered": None})

    async def reset(self, _request: Request) -> JSONResponse:
        self.inbox.clear()
        return JSONResponse({"reset": True})


def create_app(settings: ConsumerSimulatorSettings) -> Starlette:
    """At work at once, under any prefix."""
    consumer = Consumer(settings)
    app = Starlette(
        routes=[
            Route(PATH, consumer.receive, methods=["POST"]),
            Route("/control", _about, methods=["GET"]),
            Route("/control/state", consumer.state, methods=["GET"]),
            Route("/control/faults", consumer.order, methods=["POST"]),
            Route("/control/faults", consumer.cancel, methods=["DELETE"]),
            Route("/control/reset", consumer.reset, methods=["POST"]),
        ]
    )
    app.state.inbox = consumer.inbox
    return app


async def _about(_request: Request) -> JSONResponse:
    known = [{"endpoint": name, "does": does} for name, does in _CONTROLS.items()]
    return JSONResponse({"controls": known, "fields of a fault": sorted(_FAULT)})


async def _document(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise BadControl("body", "must be JSON") from error

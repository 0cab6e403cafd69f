"""`/control/…`: what a developer or a test does behind Square's back. JSON in, JSON out; `GET /control` lists it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from local.simulators.square import payments
from local.simulators.square.deliveries import PAUSED
from local.simulators.square.errors import Body, SquareError
from local.simulators.square.faults import KINDS
from local.simulators.square.pages import onward
from local.simulators.square.simulator import Simulator
from local.simulators.stripe.control_input import BadControl, Count, Field, Seconds, Text, Word, read

_AMOUNT = Count(1, 10**12, None)


def state(simulator: Simulator, _id: str, fields: Body) -> Body:
    """Everything that it knows."""
    return dict(simulator.books.kinds)


def pay(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """Pay an order without a browser: by card, by a card that is only authorised (`hold`), or by bank."""
    books = simulator.books
    order = books.get("orders", identifier)
    note = next((each["note"] for each in books.of("pages").values() if each["order"] == identifier), None)
    paid = payments.pay(books, order, note, fields["card"], fields["method"])
    return {"payment": paid, "redirect": onward(books, order)}


def settle_payment(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """Let a payment that is pending or authorised come to its end."""
    payment = simulator.books.get("payments", identifier)
    payments.change(simulator.books, payment, fields["outcome"])
    return payment


def refund(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """Give money back at the dashboard."""
    paid = simulator.books.get("payments", identifier)
    money = {**paid["total_money"], **({"amount": fields["amount"]} if fields["amount"] else {})}
    return payments.new_refund(simulator.books, paid, money, fields["reason"])


def settle_refund(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """Give a pending refund its outcome now."""
    made = simulator.books.get("refunds", identifier)
    payments.settle_refund(simulator.books, made, fields["outcome"])
    return made


def dispute(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """A bank takes a payment back, or asks first (INQUIRY_EVIDENCE_REQUIRED)."""
    paid = simulator.books.get("payments", identifier)
    return payments.dispute(simulator.books, paid, fields["amount"], fields["state"])


def move_dispute(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """The next state of a dispute."""
    made = simulator.books.get("disputes", identifier)
    payments.move_dispute(simulator.books, made, fields["state"])
    return made


def fault(simulator: Simulator, _id: str, fields: Body) -> Body:
    """Order a fault for the next API calls: 429, 500, 503, timeout (work, then silence), drop (work, then hang up),
    reset (no work). `work` may say otherwise.
    """
    simulator.faults.order(dict(fields))
    return {"ordered": fields}


def no_faults(simulator: Simulator, _id: str, _fields: Body) -> Body:
    """Forget the faults not yet used."""
    simulator.faults.cancel()
    return {"ordered": None}


def resend(simulator: Simulator, identifier: str, fields: Body) -> Body:
    """Deliver an event again."""
    event = simulator.books.get("events", identifier)
    for _ in range(fields["times"]):
        simulator.books.send(event)
    return event


def pause(simulator: Simulator, _id: str, _fields: Body) -> Body:
    """Stop sending webhooks; they wait."""
    simulator.books.of("switches")[PAUSED] = True
    return {"paused": True}


def resume(simulator: Simulator, _id: str, _fields: Body) -> Body:
    """Send webhooks again."""
    simulator.books.of("switches").pop(PAUSED, None)
    return {"paused": False}


def reset(simulator: Simulator, _id: str, _fields: Body) -> Body:
    """Forget everything."""
    simulator.books.clear()
    simulator.faults.cancel()
    return {"reset": True}


@dataclass(frozen=True, slots=True)
class Control:
    """One endpoint; its docstring is what `GET /control` says of it."""

    method: str
    path: str
    carry_out: Callable[[Simulator, str, Body], Body]
    takes: Mapping[str, Field] = field(default_factory=dict)


CONTROLS = (
    Control("GET", "/control/state", state),
    Control("POST", "/control/orders/{id}/pay", pay, {
        "card": Text("4111111111111111"), "method": Word(("card", "hold", "bank"), "card"),
    }),
    Control("POST", "/control/payments/{id}/settle", settle_payment, {
        "outcome": Word(("COMPLETED", "FAILED", "CANCELED")),
    }),
    Control("POST", "/control/payments/{id}/refund", refund, {"amount": _AMOUNT, "reason": Text(None)}),
    Control("POST", "/control/refunds/{id}/settle", settle_refund, {
        "outcome": Word(("COMPLETED", "REJECTED", "FAILED")),
    }),
    Control("POST", "/control/payments/{id}/dispute", dispute, {
        "amount": _AMOUNT, "state": Word(("EVIDENCE_REQUIRED", "INQUIRY_EVIDENCE_REQUIRED"), "EVIDENCE_REQUIRED"),
    }),
    Control("POST", "/control/disputes/{id}/move", move_dispute, {
        "state": Word(("EVIDENCE_REQUIRED", "PROCESSING", "WON", "LOST", "ACCEPTED", "INQUIRY_CLOSED")),
    }),
    Control("POST", "/control/api/faults", fault, {
        "kind": Word(KINDS), "times": Count(1, 100_000, 1), "method": Word(("GET", "POST", "PUT", "DELETE"), None),
        "path": Text(None), "seconds": Seconds(600.0, 5.0), "work": Word(("first", "never"), None),
    }),
    Control("DELETE", "/control/api/faults", no_faults),
    Control("POST", "/control/events/{id}/resend", resend, {"times": Count(1, 100, 1)}),
    Control("POST", "/control/webhooks/pause", pause),
    Control("POST", "/control/webhooks/resume", resume),
    Control("POST", "/control/reset", reset),
)  # fmt: skip


async def about(_request: Request) -> JSONResponse:
    """`GET /control`: what can be ordered here."""
    known = [
        {"endpoint": f"{each.method} {each.path}", "does": each.carry_out.__doc__, "fields": sorted(each.takes)}
        for each in CONTROLS
    ]
    return JSONResponse({"controls": known})


def routes(simulator: Simulator) -> list[BaseRoute]:
    """The control endpoints as routes."""
    return [Route("/control", about), *(_route(simulator, control) for control in CONTROLS)]


def _route(simulator: Simulator, control: Control) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            fields = read(await _document(request), control.takes)
            identifier = request.path_params.get("id", "")
            answer = await run_in_threadpool(
                simulator.perform, lambda _books: json.dumps(control.carry_out(simulator, identifier, fields))
            )
        except BadControl as problem:
            errors = [{"field": problem.field, "message": problem.message}]
            return JSONResponse({"errors": errors}, problem.status)
        except SquareError as problem:
            return JSONResponse({"errors": [{"field": "id", "message": str(problem)}]}, problem.status)
        return JSONResponse(json.loads(answer))

    return Route(control.path, endpoint, methods=[control.method])


async def _document(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise BadControl("body", "must be JSON") from error

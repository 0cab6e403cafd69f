"""`/control/…`: what a developer or a test does behind Stripe's back. JSON in, JSON out; `GET /control` lists it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from local.simulators.stripe import control_actions as actions
from local.simulators.stripe import control_billing as billing
from local.simulators.stripe import control_money as money
from local.simulators.stripe import dispute_shapes, faults, payout_course
from local.simulators.stripe.cards import DECLINES
from local.simulators.stripe.control_input import (
    REQUIRED,
    BadControl,
    Count,
    Field,
    Flag,
    Seconds,
    Text,
    Texts,
    Word,
    read,
)
from local.simulators.stripe.currencies import LARGEST_AMOUNT
from local.simulators.stripe.errors import Body, StripeError
from local.simulators.stripe.simulator import Simulator
from local.simulators.stripe.subscription_status import AFTER_FAILURE
from local.simulators.stripe.work import Work

_OUTCOME = Word(("succeeded", "failed"))
_LONGEST = 600.0
_AMOUNT = Count(1, LARGEST_AMOUNT, None)
_DISPUTE: Mapping[str, Field] = {
    "reason": Word(dispute_shapes.REASONS, "fraudulent"), "amount": _AMOUNT, "inquiry": Flag(default=False),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Control:
    """One endpoint; its docstring is what `GET /control` says of it."""

    method: str
    path: str
    carry_out: Callable[[Work, str, Body], Body]
    takes: Mapping[str, Field] = field(default_factory=dict)

    def about(self) -> Body:
        """A line for the list of endpoints."""
        fields = {
            name: "required" if kind.default is REQUIRED else f"default {json.dumps(kind.default)}"
            for name, kind in self.takes.items()
        }
        return {"endpoint": f"{self.method} {self.path}", "does": self.carry_out.__doc__, "fields": fields}


CONTROLS = (
    Control("GET", "/control/state", actions.state, {"limit": Count(0, 100_000, 500)}),
    Control("POST", "/control/sessions/{id}/pay", actions.pay, {
        "card": Text("4242424242424242"), "method": Word(("card", "bank_debit", "none"), "card"), "email": Text(None),
    }),
    Control("POST", "/control/sessions/{id}/expire", actions.expire),
    Control("POST", "/control/payment_intents/{id}/authenticate", actions.authenticate, {"outcome": _OUTCOME}),
    Control("POST", "/control/payment_intents/{id}/settle_async", actions.settle_async, {"outcome": _OUTCOME}),
    Control("POST", "/control/setup_intents/{id}/authenticate", actions.authenticate, {"outcome": _OUTCOME}),
    Control("GET", "/control/customers/{id}/billing", billing.of_customer),
    Control("POST", "/control/subscriptions/{id}/card", billing.swap_card, {"card": Text("4242424242424242")}),
    Control("POST", "/control/subscriptions/{id}/decline", billing.decline, {
        "code": Word(tuple(DECLINES), "insufficient_funds"), "times": Count(1, 1000, 1),
    }),
    Control("POST", "/control/subscriptions/{id}/cancel", billing.cancel, {"at_period_end": Flag(default=False)}),
    Control("POST", "/control/billing", billing.set_after_failure, {"after_failure": Word(AFTER_FAILURE)}),
    Control("POST", "/control/refunds/{id}/settle", actions.settle_refund, {
        "outcome": Word(("succeeded", "failed", "requires_action")),
    }),
    Control("POST", "/control/payment_intents/{id}/refund", money.refund, {
        "amount": _AMOUNT, "reason": Word(("duplicate", "fraudulent", "requested_by_customer"), None),
    }),
    Control("POST", "/control/payment_intents/{id}/convert", money.convert, {
        "currency": Text(), "amount": Count(1, LARGEST_AMOUNT), "fee": Count(0, LARGEST_AMOUNT),
    }),
    Control("POST", "/control/charges/{id}/dispute", money.dispute, _DISPUTE),
    Control("POST", "/control/payment_intents/{id}/dispute", money.dispute, _DISPUTE),
    Control("POST", "/control/disputes/{id}/close", money.close_dispute, {
        "outcome": Word(("won", "lost", "warning_closed")),
    }),
    Control("POST", "/control/accounts/{id}", money.set_account, {
        "payouts_enabled": Flag(), "disabled_reason": Text("requirements.past_due"),
    }),
    Control("POST", "/control/payouts/{id}/settle", money.settle_payout, {
        "outcome": Word(("paid", "failed")), "failure_code": Word(tuple(payout_course.FAILURES), "account_closed"),
    }),
    Control("POST", "/control/webhooks/faults", actions.webhook_fault, {
        "kind": Word(("duplicate", "delay", "drop", "reorder")), "times": Count(1, 100_000, 1), "types": Texts(),
        "seconds": Seconds(_LONGEST, 2.0), "copies": Count(1, 100, 1),
    }),
    Control("DELETE", "/control/webhooks/faults", actions.no_webhook_faults),
    Control("POST", "/control/webhooks/release", actions.release),
    Control("POST", "/control/webhooks/pause", actions.pause),
    Control("POST", "/control/webhooks/resume", actions.resume),
    Control("POST", "/control/events/{id}/resend", actions.resend, {"times": Count(1, 100, 1)}),
    Control("POST", "/control/api/faults", actions.api_fault, {
        "kind": Word(faults.KINDS), "times": Count(1, 100_000, 1), "method": Word(("GET", "POST", "DELETE"), None),
        "path": Text(None), "seconds": Seconds(_LONGEST, 5.0), "work": Word(("first", "last", "never"), None),
        "retry_after": Count(0, 3600, 1),
    }),
    Control("DELETE", "/control/api/faults", actions.no_api_faults),
    Control("POST", "/control/reset", actions.reset),
)  # fmt: skip


async def about(_request: Request) -> JSONResponse:
    """`GET /control`: what can be ordered here."""
    return JSONResponse({"controls": [control.about() for control in CONTROLS]})


def routes(simulator: Simulator) -> list[BaseRoute]:
    """The control endpoints as routes."""
    return [Route("/control", about), *(_route(simulator, control) for control in CONTROLS)]


def _route(simulator: Simulator, control: Control) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            fields = read(await _document(request, control), control.takes)
            identifier = request.path_params.get("id", "")
            answer = await run_in_threadpool(
                simulator.perform, lambda work: control.carry_out(work, identifier, fields)
            )
        except BadControl as problem:
            errors = [{"field": problem.field, "message": problem.message}]
            return JSONResponse({"errors": errors}, problem.status)
        except StripeError as problem:
            return JSONResponse({"errors": [{"field": "id", "message": str(problem)}]}, 409)
        return JSONResponse(answer)

    return Route(control.path, endpoint, methods=[control.method])


async def _document(request: Request, control: Control) -> Any:
    if control.method == "GET":
        limit = request.query_params.get("limit", "")
        return {"limit": int(limit) if limit.isascii() and limit.isdigit() else limit} if limit else {}
    body = await request.body()
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise BadControl("body", "must be JSON") from error

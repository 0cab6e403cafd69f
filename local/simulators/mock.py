"""The mock provider's page: a buyer presses a button, and the stack gets a signed webhook. It keeps no state."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

_BUTTONS = {"captured": "Pay", "declined": "Be declined", "failed": "Fail", "expired": "Let it expire"}
_DEAD_ENDS = {"declined": "Declined. Try again.", "failed": "The payment failed.", "expired": "The page has expired."}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mock checkout</title>
<body style="font: 16px system-ui; max-width: 30rem; margin: 3rem auto"><h1>Mock checkout</h1>
<p id="amount">{amount} minor units of {currency}</p><p id="message">{message}</p>
<form method="post">{buttons}</form><p><a id="cancel" href="{cancel}">Back to the shop</a></p></body></html>"""


@dataclass(frozen=True, slots=True)
class MockSimulatorSettings:
    """Whom to tell, how to sign (all valid secrets; the first is used), and what time the simulated world has."""

    webhook_url: str
    signing_secrets: Callable[[], Sequence[str]]
    now: Callable[[], float]


class MockPages:
    """What the page's address carries is all there is to know."""

    def __init__(self, settings: MockSimulatorSettings) -> None:
        self._settings = settings

    async def show(self, request: Request) -> Response:
        """The page."""
        payment = _payment_of(request)
        return _page(payment, "") if payment else _unknown()

    async def act(self, request: Request) -> Response:
        """A button, pressed on the page or by a program: the form or JSON field `outcome`. `source` is the token that
        is charged for later periods of a subscription; `ok` without it.
        """
        payment = _payment_of(request)
        if payment is None:
            return _unknown()
        outcome, source = await _pressed(request)
        if outcome not in _BUTTONS:
            return JSONResponse({"error": f"must be one of {', '.join(_BUTTONS)}", "field": "outcome"}, 422)
        reference = request.path_params["reference"]
        answer = await self._tell(payment, reference, outcome, source)
        if answer.status_code >= 400:
            return _page(payment, f"The webhook was answered {answer.status_code}.", 502)
        if outcome == "captured":
            return RedirectResponse(payment["success_url"].replace("{CHECKOUT_SESSION_ID}", reference), 303)
        return _page(payment, _DEAD_ENDS[outcome])

    async def _tell(self, payment: Mapping[str, Any], reference: str, outcome: str, source: str) -> httpx.Response:
        at = self._settings.now()
        event = {
            # Paying twice is one capture; every decline is news.
            "id": f"mevt_{reference}_{outcome}" + (f"_{time.time_ns()}" if outcome == "declined" else ""),
            "type": outcome,
            "at": datetime.fromtimestamp(at, UTC).isoformat(),
            "tenant": payment["tenant"],
            "payment": payment["payment"],
            "reference": reference,
            "capture": payment.get("capture", f"mcap_{reference}"),
            "amount": payment["amount"],
            "currency": payment["currency"],
            **({"subscription": payment["subscription"], "source": source} if "subscription" in payment else {}),
        }
        body, timestamp = json.dumps(event).encode(), int(time.time())
        secret = self._settings.signing_secrets()[0]
        digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
        headers = {"mock-signature": f"t={timestamp},v1={digest}", "content-type": "application/json"}
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.post(self._settings.webhook_url, content=body, headers=headers)


def create_app(settings: MockSimulatorSettings) -> Starlette:
    """The page under `/pay/{reference}?of=<what the checkout's address carries>`."""
    pages = MockPages(settings)
    return Starlette(
        routes=[
            Route("/pay/{reference}", pages.show, methods=["GET"]),
            Route("/pay/{reference}", pages.act, methods=["POST"]),
        ]
    )


async def _pressed(request: Request) -> tuple[str, str]:
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            sent = json.loads(await request.body())
        except ValueError:
            sent = None
    else:
        sent = dict(parse_qsl((await request.body()).decode(errors="replace")))
    sent = sent if isinstance(sent, dict) else {}
    return str(sent.get("outcome", "")), str(sent.get("source", "ok"))


def _payment_of(request: Request) -> dict[str, Any] | None:
    token = request.query_params.get("of", "")
    try:
        payment = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        return None
    needed = {"tenant", "payment", "amount", "currency", "success_url", "cancel_url"}
    return payment if isinstance(payment, dict) and needed <= payment.keys() else None


def _page(payment: Mapping[str, Any], message: str, status: int = 200) -> Response:
    buttons = " ".join(
        f'<button id="{outcome}" name="outcome" value="{outcome}">{label}</button>'
        for outcome, label in _BUTTONS.items()
    )
    shown = {name: html.escape(str(payment[name])) for name in ("amount", "currency")}
    cancel = html.escape(str(payment["cancel_url"]), quote=True)
    text = _PAGE.format(**shown, message=html.escape(message), buttons=buttons, cancel=cancel)
    return HTMLResponse(text, status)


def _unknown() -> Response:
    return JSONResponse({"error": "there is no such checkout"}, 404)

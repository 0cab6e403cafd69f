"""The console's controls: information, tokens, events, mails, clock, reset; and a page where members of groups pay."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local import outbox
from local.clock import parse_duration
from local.info import clock_document, describe
from local.requests import FieldError, number, only, query_number, read_object, text
from local.stack import LocalStack
from local.tokens import ROLES, mint

_PAGE, _SHARE = (Path(__file__).with_name(name) for name in ("console.html", "share.html"))
_TEN_YEARS = 10 * 366 * 86400.0
_HOUR, _MONTH = 3600.0, 31 * 86400.0

Reset = Callable[[], Awaitable[None]]


class Controls:
    """Endpoints under `/local`."""

    def __init__(self, stack: LocalStack, reset: Reset) -> None:
        self._stack, self._reset = stack, reset

    def routes(self) -> list[Route]:
        return [
            Route("/", self._root),
            Route("/local", self._console),
            Route("/local/", self._console),
            Route("/local/info", self._info),
            Route("/local/token", self._token, methods=["POST"]),
            Route("/local/events", self._events),
            Route("/local/outbox", self._outbox),
            Route("/local/group-payments/{group}/{member}", self._share),
            Route("/local/clock", self._clock, methods=["GET", "POST"]),
            Route("/local/reset", self._do_reset, methods=["POST"]),
        ]

    async def _root(self, _request: Request) -> Response:
        return RedirectResponse("/local")

    async def _console(self, _request: Request) -> Response:
        return HTMLResponse(await asyncio.to_thread(_PAGE.read_text, encoding="utf-8"))

    async def _share(self, _request: Request) -> Response:
        """It asks the API for all that it shows: the token of the link comes to no server but in its requests there."""
        return HTMLResponse(await asyncio.to_thread(_SHARE.read_text, encoding="utf-8"))

    async def _info(self, _request: Request) -> Response:
        return JSONResponse(describe(self._stack))

    async def _token(self, request: Request) -> Response:
        body = await read_object(request)
        only(body, "sub", "role", "tenant_id", "venues", "ttl_seconds")
        role = text(body, "role", "user")
        if role not in ROLES:
            raise FieldError("role", f"must be one of {', '.join(ROLES)}", 422)
        venues = body.get("venues", [])
        if not isinstance(venues, list) or not all(isinstance(venue, str) for venue in venues):
            raise FieldError("venues", "must be a list of strings", 422)
        seconds = number(body.get("ttl_seconds", _HOUR), "ttl_seconds", least=-_MONTH, most=_MONTH)
        token = mint(
            self._stack.credentials,
            sub=text(body, "sub", "demo-user"),
            role=role,
            tenant_id=text(body, "tenant_id", "demo"),
            venues=venues,
            ttl_seconds=int(seconds),
        )
        return JSONResponse({"token": token, "token_type": "Bearer", "expires_in": int(seconds)})

    async def _events(self, request: Request) -> Response:
        after = query_number(request, "after", 0, least=0, most=2**53)
        limit = query_number(request, "limit", 100, least=1, most=1000)
        await asyncio.to_thread(self._read_waiting)
        events = await asyncio.to_thread(self._stack.events.after, after, limit)
        last = await asyncio.to_thread(self._stack.events.count)
        return JSONResponse({"events": events, "next_after": events[-1]["n"] if events else after, "last": last})

    def _read_waiting(self) -> None:
        """The newest events too; while the engine restarts, those read so far must do."""
        with contextlib.suppress(BotoCoreError, ClientError):
            self._stack.subscriber.drain()

    async def _outbox(self, request: Request) -> Response:
        try:
            mails = await asyncio.to_thread(outbox.sent_mails, self._stack.settings.engine_url)
        except httpx.HTTPError as error:
            raise HTTPException(502, "The AWS engine does not answer; it is started again by itself.") from error
        if request.query_params.get("format") == "json" or "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"mails": mails}, headers={"cache-control": "no-store"})
        return HTMLResponse(outbox.page(mails), headers=outbox.PAGE_HEADERS)

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            await self._move_clock(await read_object(request))
        return JSONResponse(clock_document(self._stack))

    async def _move_clock(self, body: dict[str, Any]) -> None:
        only(body, "advance_seconds", "advance", "reset")
        if len(body) != 1:
            raise FieldError("body", "needs exactly one of advance_seconds, advance, reset")
        if "reset" in body:
            if body["reset"] is not True:
                raise FieldError("reset", "must be true")
            await asyncio.to_thread(self._stack.clock.reset)
        else:
            await asyncio.to_thread(self._stack.clock.advance, _seconds(body))

    async def _do_reset(self, _request: Request) -> Response:
        await self._reset()
        return JSONResponse({"reset": True, "clock": clock_document(self._stack)})


def _seconds(body: dict[str, Any]) -> float:
    if "advance_seconds" in body:
        value = body["advance_seconds"]
        if isinstance(value, float) and not math.isfinite(value):
            raise FieldError("advance_seconds", "must be a finite number")
        return number(value, "advance_seconds", least=0, most=_TEN_YEARS)
    if not isinstance(body["advance"], str):
        raise FieldError("advance", "must be a duration such as 90s, 15m, 3d or 1d12h")
    try:
        return number(parse_duration(body["advance"]), "advance", least=0, most=_TEN_YEARS)
    except ValueError as error:
        raise FieldError("advance", str(error)) from error

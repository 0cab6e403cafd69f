"""Reading what a client sent to the console's controls, with errors that name the field."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.settings import HOST

_LIMIT = 100_000


class FieldError(Exception):
    """A field cannot be used. Answered as 400 (or the given status) with its name."""

    def __init__(self, field: str, message: str, status: int = 400) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message, self.status = field, message, status


async def answer_field_error(_request: Request, error: Exception) -> JSONResponse:
    """The answer to a FieldError."""
    found = error if isinstance(error, FieldError) else FieldError("body", str(error))
    errors = [{"field": found.field, "message": found.message}]
    return JSONResponse({"error": str(found), "code": "VALIDATION_ERROR", "errors": errors}, found.status)


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object. Raises FieldError."""
    raw = await request.body()
    if len(raw) > _LIMIT:
        raise FieldError("body", "is too large", 413)
    try:
        value = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise FieldError("body", "is not valid JSON") from error
    if not isinstance(value, dict):
        raise FieldError("body", "must be a JSON object")
    return value


def only(body: dict[str, Any], *known: str) -> None:
    """Refuse fields that would be ignored: a typing mistake must not pass silently."""
    for name in body:
        if name not in known:
            raise FieldError(name, f"is not known here; use {', '.join(known)}", 422)


def text(body: dict[str, Any], name: str, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise FieldError(name, "must be a non-empty string")
    return value


def number(value: Any, name: str, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise FieldError(name, f"must be a number from {least:g} to {most:g}")
    return float(value)


def query_number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdecimal() or not least <= int(value) <= most:
        raise FieldError(name, f"must be a whole number from {least} to {most}")
    return int(value)


class SameOriginOnly:
    """Refuses what another web page makes a browser send: the controls hand out secrets and can empty everything."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._ours = {f"http://{host}:{port}" for host in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin")
        if origin is None or origin in self._ours:
            await self._app(scope, receive, send)
        else:
            refusal = {"error": "Requests from other web pages are refused.", "code": "FOREIGN_ORIGIN"}
            await JSONResponse(refusal, 403)(scope, receive, send)

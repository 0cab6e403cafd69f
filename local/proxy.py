"""Passes requests on to the engine byte for byte, as API Gateway and a function URL would take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from local.engine_repairs.client_address import HEADER as CLIENT_ADDRESS
from local.settings import LocalSettings

API_LIMIT = 10 * 1024 * 1024
FUNCTION_URL_LIMIT = 6 * 1024 * 1024
_PATIENCE_SECONDS = 30.0
_AT_ONCE = 24
_SAFE = ("GET", "HEAD", "OPTIONS")
_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "host", "content-length", "expect",
}  # fmt: skip
# A test may play a client elsewhere: the functions then see this as requestContext.http.sourceIp.
PRETENDED_ADDRESS = "x-local-source-ip"


class Upstream:
    """One target in the engine. `prefix` is a callable, since a reset gives the API a new id."""

    def __init__(
        self, settings: LocalSettings, prefix: Callable[[], str], limit: int, client: httpx.AsyncClient
    ) -> None:
        self._settings, self._prefix, self._limit, self._client = settings, prefix, limit, client
        # Two cores cannot start a hundred workers at once: requests queue here instead.
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, request: Request) -> Response:
        prefix = self._prefix()
        if not prefix:
            return _problem(503, "LOCAL_STACK_STARTING", "The local stack is still starting. Try again in a moment.")
        body = await _read(request, self._limit)
        if body is None:
            return JSONResponse({"message": "Request Entity Too Large"}, 413)
        try:
            async with self._turns:
                return await self._pass_on(request, prefix, body)
        except httpx.TimeoutException:
            return _problem(504, "LOCAL_TIMEOUT", f"The function did not answer within {_PATIENCE_SECONDS:.0f} s.")
        except httpx.HTTPError as error:
            return _problem(
                502,
                "LOCAL_ENGINE_DOWN",
                f"The AWS engine does not answer ({type(error).__name__}). It is started again by itself; "
                "if this stays, see `python -m local status` and the engine log in the state folder.",
            )

    async def _pass_on(self, request: Request, prefix: str, body: bytes) -> Response:
        upstream = httpx.Request(request.method, self._target(request, prefix), headers=_headers(request), content=body)
        upstream.extensions["timeout"] = httpx.Timeout(_PATIENCE_SECONDS, connect=2.0).as_dict()
        answer = await self._client.send(upstream, stream=True)
        if request.method not in _SAFE:
            await self._make_durable()
        dropped = _HOP_BY_HOP - {"content-length"} | {"date"}
        headers = [(k.lower(), v) for k, v in answer.headers.raw if k.decode().lower() not in dropped]
        response = StreamingResponse(_bytes(answer), answer.status_code)
        response.raw_headers = headers
        return response

    async def _make_durable(self) -> None:
        """What the client is about to be told must survive a kill."""
        (await self._client.post(f"{self._settings.engine_url}/_tollgate/checkpoint", timeout=10.0)).raise_for_status()

    def _target(self, request: Request, prefix: str) -> httpx.URL:
        raw = request.scope.get("raw_path") or request.url.path.encode()
        query = request.scope.get("query_string") or b""
        target = prefix.encode() + raw.split(b"?")[0] + (b"?" + query if query else b"")
        return httpx.URL(self._settings.engine_url).copy_with(raw_path=target)


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    client = request.client.host if request.client else "127.0.0.1"
    address = request.headers.get(PRETENDED_ADDRESS, client)
    forwarded = request.headers.get("x-forwarded-for")
    kept = [
        (name, value)
        for name, value in request.headers.raw
        if name.decode().lower() not in _HOP_BY_HOP | {"x-forwarded-for", PRETENDED_ADDRESS, CLIENT_ADDRESS}
    ]
    return [
        *kept,
        (b"x-forwarded-for", f"{forwarded}, {address}".encode() if forwarded else address.encode()),
        (b"x-forwarded-proto", b"http"),
        (CLIENT_ADDRESS.encode(), address.encode()),
    ]


async def _read(request: Request, limit: int) -> bytes | None:
    """The exact body, or None when it is larger than the limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


async def _bytes(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()


def _problem(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"message": message, "error": message, "code": code}, status)

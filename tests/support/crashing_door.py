"""A provider's simulator in this process: its door is on the wire, so that it does not matter which client knocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.crashing_faults import TWICE
from tests.support.crashing_wire import Asked, Crashed, Fault, Wire


@dataclass
class Door:
    """In front of the API: calls are on the wire, and meet their faults. `order` tells the simulator to let so many
    calls go wrong: the kind, whether the work is done first, and how many.
    """

    provider: str
    prefix: str
    identifiers: re.Pattern[str]
    app: ASGIApp
    wire: Wire
    order: Callable[[str, str, int], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        name = f"{self.provider}.{scope['method']} {self.identifiers.sub('{id}', scope['path'])}"
        fault, asked = self._fault(name), self.wire.reached(name)
        await self._meet(fault, scope, receive, _noting(asked, send))

    def _fault(self, name: str) -> Fault | None:
        try:
            return self.wire.befalls(name)
        except Crashed:
            return Fault("of a dead process", lambda _: True, provider="crash before")

    async def _meet(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        kind = fault.provider if fault else None
        match kind:
            case "crash before" | "crash after":
                self.wire.die()
                await self._order("reset" if kind == "crash before" else "drop")
            case "stalled before":
                await run_in_threadpool(self.wire.stall)
            case "stalled after":
                send = self._held(send)
            case "500 after":
                await self._order("500", work="first")
            case "500 twice":
                await self._order("500", times=TWICE)
            case str():
                await self._order(kind, times=TWICE if fault and fault.lasting else 1)
        await self.app(scope, receive, send)

    def _held(self, send: Send) -> Send:
        """The answer is ready, and waits while someone else does the same work."""

        async def held(message: Any) -> None:
            if message["type"] == "http.response.start":
                await run_in_threadpool(self.wire.stall)
            await send(message)

        return held

    async def _order(self, kind: str, work: str = "never", times: int = 1) -> None:
        await run_in_threadpool(self.order, kind, work, times)


def _noting(asked: Asked, send: Send) -> Send:
    async def noting(message: Any) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
        await send(message)

    return noting


async def at_once[**P, R](work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R:
    """Instead of the simulator's threads: what it is asked is done within a millisecond, and to hand that over takes as
    long again.
    """
    return work(*arguments, **named)

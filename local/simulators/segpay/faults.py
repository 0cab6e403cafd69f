"""Faults ordered for API calls: slow, refused before anything is done, or broken off after it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

KINDS = ("500", "503", "lost", "delay")


@dataclass
class Fault:
    """For so many of the next calls whose path begins so. `lost` does the work, and answers 503 all the same."""

    kind: str
    times: int
    path: str = ""
    seconds: float = 0.0


@dataclass
class Faults:
    ordered: list[Fault] = field(default_factory=list)

    async def around(self, request: Request, act: Callable[[Request], Awaitable[Response]]) -> Response:
        fault = self._take(request.url.path.removeprefix(request.scope.get("root_path", "")))
        if fault is None:
            return await act(request)
        await asyncio.sleep(fault.seconds)
        if fault.kind in ("500", "503"):
            return Response("fault", int(fault.kind))
        answer = await act(request)
        return answer if fault.kind == "delay" else Response("fault", 503)

    def _take(self, path: str) -> Fault | None:
        for each in self.ordered:
            if path.startswith(each.path):
                each.times -= 1
                if not each.times:
                    self.ordered.remove(each)
                return each
        return None

"""Faults ordered for API calls, and how a connection is broken off."""

import json
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.simulators.stripe.errors import Body
from local.simulators.stripe.store import Transaction

KINDS = ("429", "500", "503", "timeout", "drop", "reset", "slow_body")
_SCOPE = "api"


def order(tx: Transaction, rule: Body) -> None:
    """Apply a rule to the next calls. Keys: kind, left (how many calls), method, path, seconds, work, retry_after."""
    tx.execute("INSERT INTO faults (scope, rule) VALUES (?, ?)", (_SCOPE, json.dumps(rule)))


def cancel(tx: Transaction) -> None:
    """Forget the rules not yet used."""
    tx.execute("DELETE FROM faults WHERE scope = ?", (_SCOPE,))


def ordered(tx: Transaction, scope: str = _SCOPE) -> list[Body]:
    """The rules not yet used up."""
    return [json.loads(row["rule"]) for row in tx.execute("SELECT rule FROM faults WHERE scope = ?", (scope,))]


def take(tx: Transaction, method: str, path: str) -> Body | None:
    """The first rule that matches this call, with one use taken off."""
    for row in tx.execute("SELECT id, rule FROM faults WHERE scope = ? ORDER BY id", (_SCOPE,)).fetchall():
        rule: Body = json.loads(row["rule"])
        if rule["method"] not in (None, method) or not path.startswith(rule["path"] or ""):
            continue
        rule["left"] -= 1
        if rule["left"] > 0:
            tx.execute("UPDATE faults SET rule = ? WHERE id = ?", (json.dumps(rule), row["id"]))
        else:
            tx.execute("DELETE FROM faults WHERE id = ?", (row["id"],))
        return rule
    return None


class HungUp(Response):
    """No answer at all: the connection is closed, or with `reset` torn down.

    Needs the server's own socket. Behind something that hides it, the client gets a broken answer instead: a status
    line that promises a body, and then the end of the connection.
    """

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            headers = [(b"content-length", b"1024"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            raise ConnectionAbortedError("hung up on request")
        if self._reset:
            linger_none = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            continue

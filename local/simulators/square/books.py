"""All that the simulator knows, and the events that tell of it."""

import copy
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.simulators.square.errors import Body, SquareError

MERCHANT = "ML8SIMULATED"
_KINDS = ("links", "pages", "orders", "payments", "refunds", "disputes", "keys", "events", "deliveries", "switches")
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"


class Books:
    """In memory, and after each piece of work in one file, if there is one."""

    def __init__(self, file: Path | None, now: Callable[[], float]) -> None:
        self._lock = threading.RLock()
        self._file = file
        self.now = now
        self.kinds: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
        if file is not None and file.exists():
            self.kinds |= json.loads(file.read_text())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One piece of work at a time. What refuses has changed nothing yet."""
        with self._lock:
            yield
            self.keep()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """For who only looks."""
        with self._lock:
            yield

    def of(self, kind: str) -> dict[str, Any]:
        return self.kinds[kind]

    def get(self, kind: str, identifier: str) -> Body:
        found: Body | None = self.kinds[kind].get(identifier)
        if found is None:
            raise SquareError("NOT_FOUND", f"There is none of the {kind} with the id {identifier}.", 404)
        return found

    def add(self, kind: str, fields: Body, length: int = 24) -> Body:
        """A new object with an id of its own and its times."""
        identifier = new_id(length)
        made: Body = {"id": identifier, **fields, "created_at": self.stamp(), "updated_at": self.stamp()}
        self.kinds[kind][identifier] = made
        return made

    def stamp(self) -> str:
        return f"{datetime.fromtimestamp(self.now(), UTC).isoformat(timespec='milliseconds')[:23]}Z"

    def emit(self, type_: str, subject: Body) -> None:
        """What happened to `subject`, as it is now, on its way to whoever listens."""
        kind = type_.partition(".")[0]
        event: Body = {
            "merchant_id": MERCHANT,
            "type": type_,
            "event_id": str(uuid.uuid4()),
            "created_at": self.stamp(),
            "data": {"type": kind, "id": subject["id"], "object": {kind: copy.deepcopy(subject)}},
        }
        self.of("events")[event["event_id"]] = event
        self.send(event)

    def send(self, event: Body) -> None:
        """Once more, in the same bytes."""
        payload = json.dumps(event, ensure_ascii=False)
        delivery = {"type": event["type"], "payload": payload, "status": "pending", "due": time.time(), "attempts": 0}
        self.of("deliveries")[new_id(12)] = delivery

    def clear(self) -> None:
        for kind in self.kinds.values():
            kind.clear()

    def keep(self) -> None:
        """Write down what is known by now."""
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self.kinds))
            fresh.replace(self._file)


def new_id(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))

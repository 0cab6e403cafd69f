"""What came, and what the next deliveries are answered."""

import json
import threading
from typing import Any

from local.simulators.stripe.errors import Body

# The oldest are forgotten first.
MOST_KEPT = 1000


class Inbox:
    """In memory. Each event is kept once, with how often it came; `heard` has every delivery in its order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, Body] = {}
        self._heard: list[str] = []
        self._faults: list[Body] = []
        self.refused = 0

    def keep(self, message_id: str, body: bytes) -> None:
        event: Body = json.loads(body)
        with self._lock:
            known = self._events.setdefault(message_id, {"event": event, "times": 0})
            known["times"] += 1
            self._heard.append(message_id)
            if len(self._events) > MOST_KEPT:
                self._events.pop(next(iter(self._events)))
            del self._heard[:-MOST_KEPT]

    def order(self, fault: Body) -> None:
        with self._lock:
            self._faults.append(dict(fault))

    def cancel(self) -> None:
        with self._lock:
            self._faults.clear()

    def fault(self, type_: str) -> Body | None:
        """The first that fits a delivery of this type, with one use taken off."""
        with self._lock:
            for fault in self._faults:
                if fault["type"] in (None, type_):
                    fault["times"] -= 1
                    if not fault["times"]:
                        self._faults.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._events.clear()
            self._heard.clear()
            self._faults.clear()
            self.refused = 0

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {
                "heard": list(self._heard),
                "events": [{"id": name, **each} for name, each in self._events.items()],
                "refused": self.refused,
                "faults": [dict(each) for each in self._faults],
            }

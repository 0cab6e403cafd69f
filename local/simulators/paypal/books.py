"""What the simulator knows: orders, captures, subscriptions, sales, refunds and disputes, and what was done under which
request id.
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.simulators.paypal.agreements import Agreement, Plan

type Body = dict[str, Any]

ORDER_LIFE_SECONDS = 3 * 3600
KEPT_SECONDS = 6 * 3600
_LETTERS = string.ascii_uppercase + string.digits


class Refused(Exception):
    """An answer other than success, by its issue."""

    def __init__(self, status: int, issue: str, name: str = "UNPROCESSABLE_ENTITY") -> None:
        super().__init__(issue)
        self.status = status
        self.body: Body = {"name": name, "message": "Refused by the simulator.", "debug_id": new_id(13)}
        self.body["details"] = [{"issue": issue, "description": "As the simulator was told, or as it is."}]


def gone() -> Refused:
    return Refused(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND")


def new_id(length: int = 17) -> str:
    """In PayPal's form."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


@dataclass
class Books:
    """One thing happens at a time. `emit` is told what happened, while the lock is held."""

    now: Callable[[], float]
    public_base: str
    emit: Callable[[str, str, Body], None] = lambda _type, _resource, _body: None
    lock: threading.RLock = field(default_factory=threading.RLock)
    orders: dict[str, Body] = field(default_factory=dict)
    captures: dict[str, Body] = field(default_factory=dict)
    refunds: dict[str, Body] = field(default_factory=dict)
    disputes: dict[str, Body] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    sales: dict[str, Body] = field(default_factory=dict)
    sale_refunds: dict[str, Body] = field(default_factory=dict)
    made: dict[str, float] = field(default_factory=dict)
    returns: dict[str, Body] = field(default_factory=dict)
    # What the buyer chose, by order: pays, is declined, or takes its time.
    instruments: dict[str, str] = field(default_factory=dict)
    kept: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Body] = field(default_factory=list)

    def clear(self) -> None:
        """Forget everything but the credentials."""
        kept: list[dict[str, Any]] = [self.orders, self.captures, self.refunds, self.disputes, self.made, self.returns]
        kept += [self.plans, self.agreements, self.sales, self.sale_refunds]
        for each in (*kept, self.instruments, self.kept, self.tokens):
            each.clear()
        self.calls.clear()
        self.faults.clear()

    def order(self, id_: str) -> Body:
        """404 for one that has expired, or never was."""
        found = self.orders.get(id_)
        if found is None or (found["status"] != "COMPLETED" and self.now() > self.made[id_] + ORDER_LIFE_SECONDS):
            raise gone()
        return found

    def known(self, key: str) -> tuple[str, str] | None:
        """Kind and id of what was made under a request id."""
        at, kind, id_ = self.kept.get(key, (-KEPT_SECONDS, "", ""))
        return (kind, id_) if self.now() < at + KEPT_SECONDS and kind else None

    def keep(self, key: str, kind: str, id_: str) -> None:
        if key:
            self.kept[key] = (self.now(), kind, id_)

    def instant(self) -> datetime:
        return datetime.fromtimestamp(int(self.now()), UTC)

    def time(self) -> str:
        return self.instant().strftime("%Y-%m-%dT%H:%M:%SZ")

    def link(self, rel: str, path: str, method: str = "GET") -> Body:
        return {"rel": rel, "href": f"{self.public_base}{path}", "method": method}

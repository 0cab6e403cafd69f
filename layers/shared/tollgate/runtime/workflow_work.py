"""Which event starts which state machine, under which name, and which wakes one that waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from tollgate.adapters.step_functions import Workflows
from tollgate.escrow.events import AGGREGATE as ESCROW
from tollgate.escrow.events import FUNDED, WAKING
from tollgate.group_payments.events import GROUP_CREATED
from tollgate.group_payments.model import GROUP, GROUP_PREFIX
from tollgate.kernel.ids import derived
from tollgate.runtime.event_queue import Published, Work

if TYPE_CHECKING:
    from tollgate.escrow.settling import EscrowWait

GRACE_STARTED = "payments.subscription.grace_started"


@dataclass(frozen=True, slots=True)
class Start:
    """An execution to be: the machine, the name that is given once, and what it is told."""

    machine: str
    name: str
    given: Mapping[str, str | int]


class StartWorkflows(Work):
    """The name follows from what it is about: however often the event comes, it is one execution. `machines` are their
    ARNs, by the name of their file.
    """

    types = frozenset({GRACE_STARTED, GROUP_CREATED, FUNDED}) | WAKING
    aggregates = MappingProxyType({"subscription": "sub", GROUP: GROUP_PREFIX, ESCROW: "esc"})
    name = "Workflows"

    def __init__(self, workflows: Workflows, machines: Mapping[str, str], escrows: Callable[[], EscrowWait]) -> None:
        """`escrows` is made once, with the first of whom somebody waits."""
        self._workflows = workflows
        self._machines = machines
        self._escrows = cache(escrows)

    def do(self, published: Published) -> str:
        if published.type in WAKING:
            return self._escrows().wake(published.tenant, published.aggregate_id)
        start = _STARTS[published.type](published)
        machine = self._machines[start.machine]
        return "started" if self._workflows.start(machine, start.name, start.given) else "known"


def _dunning(published: Published) -> Start:
    invoice = str(published.data["invoice"])
    given = {"tenant": published.tenant, "subscription": published.aggregate_id, "invoice": invoice}
    return Start("dunning", f"dunning-{derived('inv', published.tenant, published.aggregate_id, invoice)}", given)


def _group(published: Published) -> Start:
    given = {"tenant": published.tenant, "group": published.aggregate_id}
    return Start("group_payment_expiry", f"group_payment_expiry-{published.aggregate_id}", given)


def _escrow(published: Published) -> Start:
    """It begins with waiting, for as long as the event says."""
    given: dict[str, str | int] = {"tenant": published.tenant, "escrow": published.aggregate_id}
    given["seconds"] = int(published.data["transfer_within_seconds"])
    return Start("escrow_release", f"escrow_release-{published.aggregate_id}", given)


_STARTS: dict[str, Callable[[Published], Start]] = {
    GRACE_STARTED: _dunning,
    GROUP_CREATED: _group,
    FUNDED: _escrow,
}

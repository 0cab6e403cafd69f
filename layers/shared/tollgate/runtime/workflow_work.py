"""Which event starts which state machine, under which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tollgate.adapters.step_functions import Workflows
from tollgate.group_payments.events import GROUP_CREATED
from tollgate.group_payments.model import GROUP, GROUP_PREFIX
from tollgate.kernel.ids import derived
from tollgate.runtime.event_queue import Published, Work

GRACE_STARTED = "payments.subscription.grace_started"


@dataclass(frozen=True, slots=True)
class Start:
    """An execution to be: the machine, the name that is given once, and what it is told."""

    machine: str
    name: str
    given: Mapping[str, str]


class StartWorkflows(Work):
    """The name follows from what it is about: however often the event comes, it is one execution. `machines` are their
    ARNs, by the name of their file.
    """

    types = frozenset({GRACE_STARTED, GROUP_CREATED})
    aggregates = MappingProxyType({"subscription": "sub", GROUP: GROUP_PREFIX})
    name = "Workflows"

    def __init__(self, workflows: Workflows, machines: Mapping[str, str]) -> None:
        self._workflows = workflows
        self._machines = machines

    def do(self, published: Published) -> str:
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


_STARTS: dict[str, Callable[[Published], Start]] = {GRACE_STARTED: _dunning, GROUP_CREATED: _group}

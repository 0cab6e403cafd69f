"""Which event starts which state machine, under which name."""

from __future__ import annotations

from tollgate.adapters.step_functions import Workflows
from tollgate.kernel.ids import derived
from tollgate.runtime.event_queue import Published, Work

GRACE_STARTED = "payments.subscription.grace_started"


class StartWorkflows(Work):
    """The name follows from what it is about: however often the event comes, it is one execution."""

    types = frozenset({GRACE_STARTED})
    aggregate = ("subscription", "sub")
    name = "Workflows"

    def __init__(self, workflows: Workflows, dunning: str) -> None:
        self._workflows = workflows
        self._dunning = dunning

    def do(self, published: Published) -> str:
        invoice = str(published.data["invoice"])
        given = {"tenant": published.tenant, "subscription": published.aggregate_id, "invoice": invoice}
        name = f"dunning-{derived('inv', published.tenant, published.aggregate_id, invoice)}"
        return "started" if self._workflows.start(self._dunning, name, given) else "known"

"""What starts state machines, and wakes those that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.step_functions import Workflows
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings
from tollgate.runtime.workflow_work import StartWorkflows

if TYPE_CHECKING:
    from tollgate.escrow.settling import EscrowWait


def compose(settings: Settings) -> EventQueue:
    """Makes no call."""
    machines = {
        "dunning": settings.dunning_machine,
        "group_payment_expiry": settings.group_payment_expiry_machine,
        "escrow_release": settings.escrow_release_machine,
    }
    workflows = Workflows()
    work = StartWorkflows(workflows, machines, lambda: _waiting(settings, workflows))
    return EventQueue(work, make_logger(), make_metrics())


def _waiting(settings: Settings, workflows: Workflows) -> EscrowWait:
    """Loaded with the first that is to be woken."""
    from tollgate.adapters.dynamodb.escrows import DynamoEscrows, DynamoWaiting
    from tollgate.escrow.settling import EscrowWait
    from tollgate.runtime.clock import clock_for
    from tollgate.runtime.composition.storage import open_storage

    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    waiting = DynamoWaiting(storage.core, storage.unit_of_work, clock)
    return EscrowWait(DynamoEscrows(storage.core), waiting, workflows, clock)

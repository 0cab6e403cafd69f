"""What starts state machines."""

from __future__ import annotations

from tollgate.adapters.step_functions import Workflows
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings
from tollgate.runtime.workflow_work import StartWorkflows


def compose(settings: Settings) -> EventQueue:
    """Makes no call."""
    machines = {"dunning": settings.dunning_machine, "group_payment_expiry": settings.group_payment_expiry_machine}
    return EventQueue(StartWorkflows(Workflows(), machines), make_logger(), make_metrics())

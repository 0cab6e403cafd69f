"""What starts state machines."""

from __future__ import annotations

from tollgate.adapters.step_functions import Workflows
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings
from tollgate.runtime.workflow_work import StartWorkflows


def compose(settings: Settings) -> EventQueue:
    """Makes no call."""
    return EventQueue(StartWorkflows(Workflows(), settings.dunning_machine), make_logger(), make_metrics())

"""What a step of a group's time is made of."""

from __future__ import annotations

from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.group_payments.deadline import GroupDeadline
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.group_steps import GroupSteps
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> GroupSteps:
    """Makes no call."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    deadline = GroupDeadline(DynamoGroups(storage.core), storage.unit_of_work, clock)
    return GroupSteps(deadline, make_logger(), make_metrics())

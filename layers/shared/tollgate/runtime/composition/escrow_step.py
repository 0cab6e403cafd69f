"""What a step of an escrow is made of."""

from __future__ import annotations

from tollgate.adapters.dynamodb.escrows import DynamoEscrows, DynamoWaiting
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.sold_things import DynamoSoldThings
from tollgate.adapters.step_functions import Workflows
from tollgate.escrow.settling import EscrowDesk, EscrowWait
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.escrow_work import EscrowSteps
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> EscrowSteps:
    """Makes no call."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    core, escrows = storage.core, DynamoEscrows(storage.core)
    desk = EscrowDesk(escrows, DynamoSoldThings(core), DynamoJournal(core), storage.unit_of_work, clock)
    wait = EscrowWait(escrows, DynamoWaiting(core, storage.unit_of_work, clock), Workflows(), clock)
    return EscrowSteps(desk, wait, make_logger(), make_metrics())

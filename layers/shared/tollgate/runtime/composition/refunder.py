"""What gives money back that nobody has to ask for. Providers are loaded with the first of it, off the cold start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.dynamodb.escrows import DynamoEscrows
from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.refund_work import GiveBack
from tollgate.runtime.settings import Settings

if TYPE_CHECKING:
    from tollgate.refunds.returning import Returning


def compose(settings: Settings) -> EventQueue:
    """Makes no call and reads no secret."""
    storage = open_storage(settings)
    core = storage.core
    work = GiveBack(
        DynamoPayments(core), DynamoGroups(core), DynamoEscrows(core), lambda: _returning(settings, storage)
    )
    return EventQueue(work, make_logger(), make_metrics())


def _returning(settings: Settings, storage: Storage) -> Returning:
    from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
    from tollgate.adapters.late_secrets import LateSecrets
    from tollgate.kernel.ids import SortableIds
    from tollgate.payments.splitting import RefundOrder
    from tollgate.refunds.returning import Returning
    from tollgate.refunds.service import Refunding
    from tollgate.runtime.composition.providers import make_providers, make_refunds
    from tollgate.runtime.composition.recording import make_recording

    clock = clock_for(settings.clock_file)
    ids = SortableIds(clock)
    recording = make_recording(settings, storage, clock, ids)
    refunding = Refunding(
        payments=recording.payments,
        recorder=recording.recorder,
        idempotency=DynamoIdempotency(storage.core),
        providers=make_refunds(make_providers(settings, LateSecrets(settings.secrets_prefix), clock), clock),
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=ids,
        order=RefundOrder(settings.refund_order),
    )
    return Returning(recording.payments, refunding)

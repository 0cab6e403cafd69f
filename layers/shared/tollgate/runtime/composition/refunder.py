"""What gives money back that nobody has to ask for. Providers are loaded with the first of it, off the cold start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.refund_work import GiveBack
from tollgate.runtime.settings import Settings

if TYPE_CHECKING:
    from tollgate.runtime.refund_work import Returns


def compose(settings: Settings) -> EventQueue:
    """Makes no call and reads no secret."""
    storage = open_storage(settings)
    work = GiveBack(DynamoPayments(storage.core), lambda: _returns(settings, storage))
    return EventQueue(work, make_logger(), make_metrics())


def _returns(settings: Settings, storage: Storage) -> Returns:
    from tollgate.adapters.dynamodb.escrows import DynamoEscrows
    from tollgate.adapters.dynamodb.groups import DynamoGroups
    from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
    from tollgate.adapters.late_secrets import LateSecrets
    from tollgate.checkout.service import CheckoutDesk
    from tollgate.escrow.returning import EscrowReturns
    from tollgate.group_payments.returning import GroupReturns
    from tollgate.kernel.ids import SortableIds
    from tollgate.payments.splitting import RefundOrder
    from tollgate.refunds.returning import Returning
    from tollgate.refunds.service import Refunding
    from tollgate.runtime.composition.providers import make_providers, make_refunds
    from tollgate.runtime.composition.recording import make_recording
    from tollgate.runtime.composition.routing import make_routing
    from tollgate.runtime.refund_work import Returns

    clock = clock_for(settings.clock_file)
    ids = SortableIds(clock)
    recording = make_recording(settings, storage, clock, ids)
    providers = make_providers(settings, LateSecrets(settings.secrets_prefix), clock)
    ways = make_routing(settings, storage, providers, clock, ids).ways
    refunding = Refunding(
        payments=recording.payments,
        recorder=recording.recorder,
        idempotency=DynamoIdempotency(storage.core),
        providers=make_refunds(providers, clock),
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=ids,
        order=RefundOrder(settings.refund_order),
    )
    returning = Returning(recording.payments, refunding)
    desk = CheckoutDesk(payments=recording.payments, recorder=recording.recorder, ways=ways, clock=clock)
    return Returns(
        payments=returning,
        groups=GroupReturns(DynamoGroups(storage.core), returning, desk),
        escrows=EscrowReturns(DynamoEscrows(storage.core), returning),
    )

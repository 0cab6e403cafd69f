"""What makes payouts."""

from __future__ import annotations

from collections.abc import Mapping

from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.payouts import DynamoPayouts
from tollgate.adapters.dynamodb.sellers import DynamoSellers
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.payouts.providers import PayoutProvider
from tollgate.payouts.recording import PayoutRecorder
from tollgate.payouts.service import PayingOut
from tollgate.runtime.composition.storage import Storage
from tollgate.runtime.settings import Settings


def make_paying_out(
    settings: Settings,
    storage: Storage,
    recorder: PayoutRecorder,
    providers: Mapping[str, PayoutProvider],
    clock: Clock,
) -> PayingOut:
    """New payouts go through Stripe where that is enabled, and else through the mock."""
    return PayingOut(
        payouts=DynamoPayouts(storage.core),
        sellers=DynamoSellers(storage.core),
        recorder=recorder,
        idempotency=DynamoIdempotency(storage.core),
        providers=providers,
        provider="stripe" if settings.stripe_enabled else "mock",
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=SortableIds(clock),
    )

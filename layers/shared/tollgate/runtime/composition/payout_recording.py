"""How payouts move on. Apart from what makes them: the inbox does not load that."""

from __future__ import annotations

from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.payouts import DynamoLimitedBalances, DynamoPayouts
from tollgate.kernel.clock import Clock
from tollgate.payouts.recording import PayoutRecorder
from tollgate.runtime.composition.storage import Storage


def make_payout_recorder(storage: Storage, clock: Clock) -> PayoutRecorder:
    return PayoutRecorder(
        DynamoPayouts(storage.core),
        DynamoJournal(storage.core),
        DynamoLimitedBalances(storage.core),
        storage.unit_of_work,
        clock,
    )

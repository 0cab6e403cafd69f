"""What applies provider events."""

from __future__ import annotations

from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.dynamodb.payouts import DynamoPayouts
from tollgate.adapters.late_secrets import LateSecrets
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.ids import SortableIds
from tollgate.payouts.notices import PayoutNotices
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.payout_recording import make_payout_recorder
from tollgate.runtime.composition.readers import make_readers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> InboxService:
    """Wire the inbox with a reader per provider."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    secrets = LateSecrets(settings.secrets_prefix)
    subscribing = make_subscribing(settings, storage, recording, secrets, clock)
    payouts = PayoutNotices(DynamoPayouts(storage.core), make_payout_recorder(storage, clock))
    return InboxService(
        inbox=DynamoInbox(storage.inbox, storage.unit_of_work),
        payments=recording.payments,
        recorder=recording.recorder,
        readers=make_readers(settings, secrets, clock),
        unit_of_work=storage.unit_of_work,
        clock=clock,
        listeners=Listeners(payouts, subscribing.notices),
    )

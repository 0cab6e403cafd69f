"""What has cards charged that users have given."""

from __future__ import annotations

from tollgate.adapters.late_secrets import LateSecrets
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.card_work import AdoptCards
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.event_queue import EventQueue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> EventQueue:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    subscribing = make_subscribing(settings, storage, recording, LateSecrets(settings.secrets_prefix), clock)
    work = AdoptCards(subscribing.subscriptions, subscribing.collection)
    return EventQueue(work, make_logger(), make_metrics())

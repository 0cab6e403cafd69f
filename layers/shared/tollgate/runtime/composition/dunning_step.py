"""What a step of dunning is made of."""

from __future__ import annotations

from tollgate.adapters.late_secrets import LateSecrets
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.dunning import DunningSteps
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> DunningSteps:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    subscribing = make_subscribing(settings, storage, recording, LateSecrets(settings.secrets_prefix), clock)
    return DunningSteps(subscribing.dunning, make_logger(), make_metrics())

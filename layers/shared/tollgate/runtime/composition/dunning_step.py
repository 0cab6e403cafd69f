"""What a step of dunning is made of. What charges by itself is loaded with its first charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.adapters.late_secrets import LateSecrets
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.recording import Recording, make_recording
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.dunning import DunningSteps
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

if TYPE_CHECKING:
    from tollgate.checkout.opening import CheckoutOpening


def compose(settings: Settings) -> DunningSteps:
    """Makes no call and reads no secret."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))

    def opening() -> CheckoutOpening:
        return _opening(settings, storage, recording)

    secrets = LateSecrets(settings.secrets_prefix)
    subscribing = make_subscribing(settings, storage, recording, secrets, clock, opening)
    return DunningSteps(subscribing.dunning, make_logger(), make_metrics())


def _opening(settings: Settings, storage: Storage, recording: Recording) -> CheckoutOpening:
    from tollgate.runtime.composition.checkouts import make_opening
    from tollgate.runtime.composition.providers import make_providers
    from tollgate.runtime.composition.routing import make_routing

    clock, secrets = clock_for(settings.clock_file), LateSecrets(settings.secrets_prefix)
    ids, providers = SortableIds(clock), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    return make_opening(settings, storage, recording, routing, secrets, clock, ids)

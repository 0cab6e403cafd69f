"""What renews subscriptions that we charge is made of."""

from __future__ import annotations

from tollgate.adapters.dynamodb.renewals import DynamoDueRenewals
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_own_charges, make_subscribing
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.renewer import RenewerFunction, failures_to
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.renewing import Renewals, RenewalSweep


def compose(settings: Settings) -> RenewerFunction:
    """Makes no call and reads no secret."""
    storage, clock, secrets = (
        open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    ids, logger = SortableIds(clock), make_logger()
    recording, providers = make_recording(settings, storage, clock, ids), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    subscribing = make_subscribing(settings, storage, recording, secrets, clock)
    own = make_own_charges(recording, subscribing.subscriptions, opening, clock)
    renewals = Renewals(subscribing.subscriptions, subscribing.recorder, own, storage.unit_of_work, clock)
    sweep = RenewalSweep(renewals, DynamoDueRenewals(storage.core), clock, failures_to(logger))
    return RenewerFunction(sweep, logger, make_metrics())

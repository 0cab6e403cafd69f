"""What the HTTP API of subscriptions is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.service import CheckoutDesk
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.payments.ports import PaymentRepository
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.desk import SubscriptionDesk
from tollgate.subscriptions.ordering import SubscriptionOrdering
from tollgate.subscriptions.plans import PlanStatus


@dataclass(frozen=True, slots=True)
class SubscriptionApi:
    """The doors of the subscriptions room, and who may knock."""

    ordering: SubscriptionOrdering
    desk: SubscriptionDesk
    plans: PlanStatus
    payments: PaymentRepository
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> SubscriptionApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    ids = SortableIds(clock)
    recording, providers = make_recording(settings, storage, clock, ids), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    catalog = DynamoCatalog(storage.core)
    checkouts = CheckoutDesk(payments=recording.payments, recorder=recording.recorder, ways=routing.ways, clock=clock)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    subscribing = make_subscribing(settings, storage, recording, secrets, clock, lambda: opening)
    subscriptions = subscribing.subscriptions
    return SubscriptionApi(
        ordering=SubscriptionOrdering(opening, checkouts, subscriptions, catalog, clock),
        desk=SubscriptionDesk(
            subscriptions, subscribing.recorder, subscribing.providers, subscribing.collection, catalog, clock
        ),
        plans=PlanStatus(subscriptions),
        payments=recording.payments,
        tenants=DynamoTenants(storage.core, storage.unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(storage.core, storage.unit_of_work)),
        clock=clock,
    )

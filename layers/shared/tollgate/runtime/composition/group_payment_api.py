"""What the HTTP API of group payments is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.service import CheckoutDesk
from tollgate.group_payments.contributing import Contributing
from tollgate.group_payments.creating import GroupCreation
from tollgate.group_payments.desk import GroupDesk
from tollgate.group_payments.links import PaymentLinks
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class GroupPaymentApi:
    """The doors of the group payments room, and who may knock."""

    creation: GroupCreation
    contributing: Contributing
    desk: GroupDesk
    links: PaymentLinks
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> GroupPaymentApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    ids, groups, unit_of_work = SortableIds(clock), DynamoGroups(storage.core), storage.unit_of_work
    recording, providers = make_recording(settings, storage, clock, ids), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    checkouts = CheckoutDesk(payments=recording.payments, recorder=recording.recorder, ways=routing.ways, clock=clock)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    return GroupPaymentApi(
        creation=GroupCreation(groups, unit_of_work, clock, timedelta(minutes=settings.group_payment_minutes)),
        contributing=Contributing(groups, opening, checkouts, clock),
        desk=GroupDesk(groups, unit_of_work, clock),
        links=PaymentLinks(secrets, settings.group_payment_page),
        tenants=DynamoTenants(storage.core, unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(storage.core, unit_of_work)),
        clock=clock,
    )

"""What the API of deliveries is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.delivery_wakes import SqsWakes
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.delivery_log import DynamoDeliveryLog
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.deliveries.desk import DeliveryDesk
from tollgate.kernel.clock import Clock
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class DeliveryApi:
    """The door of the deliveries room, and who may knock."""

    desk: DeliveryDesk
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings) -> DeliveryApi:
    """Makes no call and reads no secret."""
    storage = open_storage(settings)
    consumers = DynamoConsumers(storage.core, storage.unit_of_work)
    signatures = DynamoSignatures(storage.core, storage.unit_of_work)
    return DeliveryApi(
        desk=DeliveryDesk(DynamoDeliveryLog(storage.core), consumers, SqsWakes(settings.delivery_wakes)),
        authenticator=Authenticator(SecretsManagerSecrets(settings.secrets_prefix), signatures),
        clock=clock_for(settings.clock_file),
    )

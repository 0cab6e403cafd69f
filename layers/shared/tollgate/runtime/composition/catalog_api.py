"""What the HTTP API of the catalog is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.catalog.desk import CatalogDesk
from tollgate.kernel.clock import Clock
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class CatalogApi:
    """The catalog's desk, and who may come to it."""

    desk: CatalogDesk
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings) -> CatalogApi:
    """Wire the API. Makes no call and reads no secret. Raises `MalformedSetting`."""
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    core, unit_of_work = storage.core, storage.unit_of_work
    secrets = SecretsManagerSecrets(settings.secrets_prefix)
    return CatalogApi(
        desk=CatalogDesk(DynamoCatalog(core), unit_of_work, clock),
        authenticator=Authenticator(secrets, DynamoSignatures(core, unit_of_work)),
        clock=clock,
    )

"""What the HTTP API of venues is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.ledger import DynamoBalances
from tollgate.adapters.dynamodb.payouts import DynamoPayouts
from tollgate.adapters.dynamodb.sellers import DynamoSellers
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.kernel.clock import Clock
from tollgate.payouts.desk import PayoutDesk
from tollgate.payouts.service import PayingOut
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.payout_recording import make_payout_recorder
from tollgate.runtime.composition.payouts import make_paying_out
from tollgate.runtime.composition.providers import make_payouts, make_providers
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class VenueApi:
    """The doors of the payouts room, and who may knock."""

    desk: PayoutDesk
    paying_out: PayingOut
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> VenueApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    core, unit_of_work = storage.core, storage.unit_of_work
    providers = make_payouts(make_providers(settings, secrets, clock))
    return VenueApi(
        desk=PayoutDesk(DynamoPayouts(core), DynamoSellers(core), DynamoBalances(core), unit_of_work),
        paying_out=make_paying_out(settings, storage, make_payout_recorder(storage, clock), providers, clock),
        authenticator=Authenticator(secrets, DynamoSignatures(core, unit_of_work)),
        clock=clock,
    )

"""What the HTTP API of the marketplace is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.escrows import DynamoEscrows
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.listings import DynamoListings, DynamoTickets
from tollgate.adapters.dynamodb.royalties import DynamoRoyalties
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.sold_things import DynamoSoldThings
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.escrow.settling import EscrowDesk
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.marketplace.listing import ListingDesk
from tollgate.marketplace.purchasing import Purchasing
from tollgate.marketplace.royalties import RoyaltyDesk
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class MarketplaceApi:
    """The doors of the marketplace and the escrow room, and who may knock."""

    listings: ListingDesk
    purchasing: Purchasing
    escrows: EscrowDesk
    royalties: RoyaltyDesk
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> MarketplaceApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    core, unit_of_work, ids = storage.core, storage.unit_of_work, SortableIds(clock)
    recording, providers = make_recording(settings, storage, clock, ids), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    listings, escrows = DynamoListings(core), DynamoEscrows(core)
    return MarketplaceApi(
        listings=ListingDesk(DynamoTickets(core), listings, unit_of_work, clock, settings.resale_platform_fee),
        purchasing=Purchasing(listings, escrows, opening, clock),
        escrows=EscrowDesk(escrows, DynamoSoldThings(core), DynamoJournal(core), unit_of_work, clock),
        royalties=RoyaltyDesk(DynamoRoyalties(core, unit_of_work), escrows),
        tenants=DynamoTenants(core, unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(core, unit_of_work)),
        clock=clock,
    )

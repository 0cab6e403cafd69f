"""What the HTTP API of gift cards is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.gift_cards import DynamoCredits, DynamoGiftCards, DynamoGuesses
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.desk import GiftCardDesk
from tollgate.gift_cards.looking import GiftCardLookup
from tollgate.gift_cards.purchasing import GiftCardPurchase
from tollgate.gift_cards.spending import GiftCardSpending
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.gift_card_terms import gift_card_terms
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class GiftCardApi:
    """The doors of the gift cards room, and who may knock."""

    purchase: GiftCardPurchase
    desk: GiftCardDesk
    spending: GiftCardSpending
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> GiftCardApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret. Raises
    `MalformedSetting`.
    """
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    core, unit_of_work, terms = storage.core, storage.unit_of_work, gift_card_terms(settings)
    cards, credit = DynamoGiftCards(core), DynamoCredits(core)
    codes = GiftCardCodes(secrets, terms.code_length)
    lookup = GiftCardLookup(cards, DynamoGuesses(core), codes, clock, enabled=terms.enabled)
    ids = SortableIds(clock)
    recording, providers = make_recording(settings, storage, clock, ids), make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    return GiftCardApi(
        purchase=GiftCardPurchase(opening, cards, codes, terms, clock),
        desk=GiftCardDesk(lookup, cards, credit, unit_of_work, clock),
        spending=GiftCardSpending(
            lookup=lookup,
            cards=cards,
            credit=credit,
            journal=DynamoJournal(core),
            idempotency=DynamoIdempotency(core),
            unit_of_work=unit_of_work,
            clock=clock,
            vote_multiplier=terms.vote_multiplier,
        ),
        tenants=DynamoTenants(core, unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(core, unit_of_work)),
        clock=clock,
    )

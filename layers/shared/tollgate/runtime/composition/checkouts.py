"""What opens checkouts, the same in every function that does."""

from __future__ import annotations

from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.gift_cards import DynamoCredits, DynamoGiftCards, DynamoGuesses
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.seller_sales import DynamoSales
from tollgate.checkout.drafting import Drafting
from tollgate.checkout.opening import CheckoutOpening
from tollgate.fees.platform import PlatformFees
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.looking import GiftCardLookup
from tollgate.gift_cards.tendering import GiftCardTendering
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import IdFactory
from tollgate.kernel.secrets import Secrets
from tollgate.runtime.composition.recording import Recording
from tollgate.runtime.composition.routing import Routing
from tollgate.runtime.composition.storage import Storage
from tollgate.runtime.gift_card_terms import gift_card_terms
from tollgate.runtime.settings import Settings


def make_opening(
    settings: Settings,
    storage: Storage,
    recording: Recording,
    routing: Routing,
    secrets: Secrets,
    clock: Clock,
    ids: IdFactory,
) -> CheckoutOpening:
    """With everything that a buyer can pay with."""
    cards = DynamoGiftCards(storage.core)
    terms = gift_card_terms(settings)
    codes = GiftCardCodes(secrets, terms.code_length)
    lookup = GiftCardLookup(cards, DynamoGuesses(storage.core), codes, clock, enabled=terms.enabled)
    drafting = Drafting(
        catalog=DynamoCatalog(storage.core),
        fees=PlatformFees(DynamoSales(storage.core), clock),
        router=routing.router,
        ways=routing.ways,
        tendering=GiftCardTendering(lookup, cards, DynamoCredits(storage.core), clock),
        clock=clock,
    )
    return CheckoutOpening(
        payments=recording.payments,
        parked=recording.parked,
        idempotency=DynamoIdempotency(storage.core),
        drafting=drafting,
        recorder=recording.recorder,
        ways=routing.ways,
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=ids,
    )

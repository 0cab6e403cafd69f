"""What records facts about payments, the same in every function that does. Apart from what opens checkouts, so that
those who only record do not load the providers' clients.
"""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.gift_cards import DynamoCredits, DynamoGiftCards
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.parking import DynamoParking
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.gift_cards.consequences import GiftCardConsequences
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import IdFactory
from tollgate.payments.recording import AllConsequences, Recorder
from tollgate.runtime.composition import held_money
from tollgate.runtime.composition.storage import Storage
from tollgate.runtime.gift_card_terms import expiry_days
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.consequences import SubscriptionConsequences


@dataclass(frozen=True, slots=True)
class Recording:
    """Payments as they are stored, and how facts about them are."""

    payments: DynamoPayments
    parked: DynamoParking
    recorder: Recorder


def make_recording(settings: Settings, storage: Storage, clock: Clock, ids: IdFactory) -> Recording:
    """With what changes of other rooms along with a payment."""
    payments = DynamoPayments(storage.core)
    parked = DynamoParking(storage.inbox, storage.unit_of_work, clock, ids)
    cards, credit = DynamoGiftCards(storage.core), DynamoCredits(storage.core)
    journal = DynamoJournal(storage.core)
    consequences = AllConsequences(
        GiftCardConsequences(cards, credit, journal, expiry_days(settings)),
        SubscriptionConsequences(DynamoSubscriptions(storage.core), payments),
        held_money.for_groups(storage.core, journal),
        held_money.for_escrows(storage.core, settings.escrow_window),
    )
    return Recording(payments, parked, Recorder(payments, parked, consequences, storage.unit_of_work, clock))

"""Buyers who have a gift card, and credit, to pay with.

Both are posted as they would have been, in one transaction through the rooms' own adapters: a purchase of the card with
its webhooks, at each point, would take longer than all else there. That purchase is an operation of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from tests.support.crashing_client import TENANT, Purchase
from tests.support.crashing_world import World
from tests.support.deployment import GIFT_CARD_KEY
from tests.support.fakes import MemorySecrets
from tests.support.gift_cards import a_draft_card
from tests.support.requests import new_key
from tollgate.adapters.dynamodb import event_items
from tollgate.adapters.dynamodb.gift_cards import DynamoCredits, DynamoGiftCards
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.gift_cards.codes import SECRET, GiftCardCodes, NewCode
from tollgate.gift_cards.ports import customer_of
from tollgate.kernel.ids import derived
from tollgate.ledger.accounts import customer_credit, provider_clearing
from tollgate.ledger.model import JournalEntry, Posting
from tollgate.ledger.rules_of_gift_cards import gift_card_sold

# Minor units: what the card is worth, and the buyer's credit.
WORTH, CREDIT = 8_000, 3_000
YEAR = 365
CODES = GiftCardCodes(MemorySecrets({SECRET: {"keys": [GIFT_CARD_KEY]}}))


def card_of(purchase: Purchase) -> NewCode:
    """The one card that this buyer has, with its code."""
    return CODES.new(TENANT, _bought_by(purchase), 1)


def give_card(world: World, days: int = YEAR) -> None:
    """The buyer has a card that can be spent for so many days; that is published, and projected."""
    core, unit_of_work = _store(world.deployed.environment["CORE_TABLE"])
    code, now, payment = card_of(world.purchase), _now(world), _bought_by(world.purchase)
    named = {"id": code.id, "ending": code.ending, "code_key": code.key, "payment_id": payment}
    ordered = a_draft_card(**named, amount=WORTH, created_at=now).order(now)
    paid, sold = ordered.card.activate(now, days), gift_card_sold(TENANT, payment, "stripe", "USD", WORTH, 0, now)
    assert paid is not None
    assert sold is not None
    made = (event_items.append(core, ordered.event), *DynamoGiftCards(core).create(paid))
    unit_of_work.commit(*made, DynamoJournal(core).append(sold))
    world.flow()


def give_card_and_credit(world: World) -> None:
    """The buyer has both."""
    core, unit_of_work = _store(world.deployed.environment["CORE_TABLE"])
    customer = customer_of(TENANT, world.purchase.user)
    postings = (Posting(customer_credit(customer), CREDIT), Posting(provider_clearing("stripe"), -CREDIT))
    entry = JournalEntry(f"jrn_{new_key()}", TENANT, "given", "USD", postings, "test", "sale", _now(world))
    given = DynamoCredits(core).add(TENANT, "USD", customer, CREDIT)
    unit_of_work.commit(given, DynamoJournal(core).append(entry))
    give_card(world)


def _bought_by(purchase: Purchase) -> str:
    return derived("pay", "the card of", purchase.key)


def _now(world: World) -> datetime:
    return datetime.fromtimestamp(world.clock.now(), UTC)


@cache
def _store(table: str) -> tuple[Table, DynamoUnitOfWork]:
    """One client for all points of a world."""
    connection = connect()
    return Table(connection, table), DynamoUnitOfWork(connection)

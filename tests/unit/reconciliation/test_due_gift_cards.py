"""The reconciler ends cards whose time is over, and tells somebody of those that were spent before their price went
back.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.gift_cards import CardWorld
from tests.support.stores import InMemory
from tollgate.gift_cards.model import GiftCard
from tollgate.reconciliation.due_gift_cards import DueGiftCards
from tollgate.reconciliation.model import Finding, Kind
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueFinding, DueGiftCard


@pytest.fixture
def world() -> CardWorld:
    return CardWorld()


def sweep(world: CardWorld) -> Notes:
    """Over the cards that are due; findings look after themselves."""
    store = world.store
    notes = Notes(store.findings, store.unit_of_work, world.clock, lambda _what, _error: None)
    for due in list(store.due.due(world.clock.now())):
        if isinstance(due, DueGiftCard):
            part(world).examine(due, notes)
    return notes


def part(world: CardWorld) -> DueGiftCards:
    return DueGiftCards(world.store.gift_cards, world.expiry, world.store.unit_of_work, world.clock)


def reversed_by(world: CardWorld, card: GiftCard, delta: int) -> GiftCard:
    change = card.reversed(delta, world.clock.now(), under_way=False, gone_in_full=delta > 0)
    assert change is not None
    world.store.unit_of_work.commit(*world.store.gift_cards.update(change))
    return change.card


def findings(world: CardWorld) -> tuple[Finding, ...]:
    return world.store.findings.list("demo", open_only=True, limit=9, cursor=None).findings


def test_a_card_whose_time_is_over_ends_and_is_no_finding(world: CardWorld) -> None:
    _, card = world.sold()
    world.clock.advance(timedelta(days=365))
    assert not sweep(world).found
    assert world.card(card.id).status == "expired"
    assert list(world.store.due.due(world.clock.now() + timedelta(days=999))) == []


def test_a_card_that_was_spent_before_its_price_went_back_is_for_a_person_once(world: CardWorld) -> None:
    code, card = world.sold()
    world.use(code, 4_000)
    overdrawn = reversed_by(world, world.card(card.id), 10_000)
    assert sweep(world).found == {"overdrawn_gift_card": 1}
    (finding,) = findings(world)
    assert (finding.kind, finding.subject_id, finding.detail["available"]) == (
        Kind.OVERDRAWN_GIFT_CARD,
        card.id,
        -4_000,
    )
    assert not part(world).is_settled(finding)
    assert not sweep(world).found
    assert list(world.store.due.due(world.clock.now() + timedelta(days=999))) == [DueFinding("demo", finding.id)]
    reversed_by(world, overdrawn, -10_000)
    assert part(world).is_settled(finding)


def test_what_somebody_has_settled_is_open_again_when_more_goes_back(world: CardWorld) -> None:
    code, card = world.sold()
    world.use(code, 10_000)
    reversed_by(world, world.card(card.id), 10_000)
    sweep(world)
    (finding,) = findings(world)
    settled, event = finding.settled("boss", world.clock.now())
    world.store.unit_of_work.commit(*world.store.findings.put(settled, event, None))
    assert not sweep(world).found
    reversed_by(world, world.card(card.id), 100)
    assert sweep(world).found == {"overdrawn_gift_card": 1}
    assert findings(world)[0].detail["available"] == -10_100


def test_a_card_that_moves_on_while_it_is_noted_says_anew_when_it_is_due(world: CardWorld) -> None:
    assert isinstance(world.store, InMemory)
    code, card = world.sold()
    world.use(code, 10_000)
    reversed_by(world, world.card(card.id), 10_000)
    unit_of_work = world.store.unit_of_work
    noted = unit_of_work.commits + 1

    def elsewhere(number: int) -> None:
        if number == noted + 1:
            unit_of_work.before = lambda _: None
            reversed_by(world, world.card(card.id), 1)

    unit_of_work.before = elsewhere
    sweep(world)
    assert [type(each) for each in world.store.due.due(world.clock.now())] == [DueGiftCard]

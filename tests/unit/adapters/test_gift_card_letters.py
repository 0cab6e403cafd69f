"""The letter of a gift card has its code, made again; and a card that cannot be spent has no letter."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW
from tests.support.gift_cards import CardWorld
from tollgate.adapters.gift_card_letters import CardLetters
from tollgate.gift_cards.codes import SECRET
from tollgate.gift_cards.errors import GiftCardsDisabled
from tollgate.kernel.money import Money


@pytest.fixture
def world() -> CardWorld:
    return CardWorld()


def letters(world: CardWorld) -> CardLetters:
    return CardLetters(world.store.gift_cards, world.codes)


def test_the_letter_has_the_code_that_was_never_stored(world: CardWorld) -> None:
    code, card = world.sold(amount=5_000, message="Enjoy!", sender_name="Ann")
    letter = letters(world).of("demo", card.id)
    assert letter is not None
    assert (letter.code, letter.amount, letter.recipient) == (code, Money(5_000, "USD"), "friend@example.com")
    assert (letter.message, letter.sender_name, letter.expires_at) == ("Enjoy!", "Ann", card.expires_at)
    assert code not in repr(letter)


def test_a_card_that_was_stopped_by_an_admin_is_still_told_of(world: CardWorld) -> None:
    _, card = world.sold()
    world.desk.freeze("demo", card.id, "boss", "looked at")
    assert letters(world).of("demo", card.id) is not None


def test_a_card_whose_money_went_back_has_no_letter(world: CardWorld) -> None:
    _, card = world.sold()
    gone = card.reversed(card.amount, NOW, under_way=False, gone_in_full=True)
    assert gone is not None
    world.store.unit_of_work.commit(*world.store.gift_cards.update(gone))
    assert letters(world).of("demo", card.id) is None


def test_the_letter_tells_what_is_left_of_a_card_that_was_spent_meanwhile(world: CardWorld) -> None:
    code, card = world.sold(amount=5_000)
    assert world.use(code, 4_000).status == 200
    letter = letters(world).of("demo", card.id)
    assert letter is not None
    assert letter.amount == Money(1_000, "USD")
    assert world.use(code, 1_000).status == 200
    assert letters(world).of("demo", card.id) is None


def test_no_card_has_no_letter(world: CardWorld) -> None:
    assert letters(world).of("demo", "gft_00000000000000000000000000") is None


def test_the_letter_waits_for_a_key_that_is_gone(world: CardWorld) -> None:
    _, card = world.sold()
    world.secrets.values[SECRET] = {"keys": ["another key, and the old one is gone"]}
    with pytest.raises(GiftCardsDisabled):
        letters(world).of("demo", card.id)


def test_the_letter_comes_with_an_older_key_too(world: CardWorld) -> None:
    code, card = world.sold()
    world.secrets.values[SECRET] = {"keys": ["a newer key that comes first", *world.secrets.values[SECRET]["keys"]]}
    letter = letters(world).of("demo", card.id)
    assert letter is not None
    assert letter.code == code

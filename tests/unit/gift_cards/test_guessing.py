"""Who guesses must wait, longer each time, and whoever does not guess never notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.gift_cards import HOLDER, STRANGER, CardWorld
from tollgate.gift_cards.codes import check_character
from tollgate.gift_cards.errors import GiftCardNotFound, GiftCardsDisabled, InvalidCode, TooManyGuesses
from tollgate.gift_cards.guessing import GuessCount, door_of_address, door_of_user, first_failure
from tollgate.gift_cards.looking import Asker

USER, ADDRESS = door_of_user("demo", "user-2"), door_of_address("demo", "203.0.113.7")
MINUTE = timedelta(minutes=1)
WRONG = "ABCDEFGHJKL" + check_character("ABCDEFGHJKL")


def failed(door: str, times: int) -> GuessCount:
    count = first_failure(door, NOW)
    for _ in range(times - 1):
        count = count.after_failure(NOW)
    return count


@pytest.mark.parametrize(("door", "limit"), [(USER, 5), (ADDRESS, 20)])
def test_a_door_closes_at_its_limit_for_a_minute_and_twice_as_long_each_time(door: str, limit: int) -> None:
    assert failed(door, limit - 1).blocked_until is None
    waits = [(failed(door, limit + more).blocked_until or NOW) - NOW for more in range(9)]
    assert [wait // MINUTE for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert failed(door, 5_000).blocked_until == NOW + timedelta(hours=1)


def test_failures_long_apart_do_not_add_up() -> None:
    count = failed(USER, 4).after_failure(NOW + timedelta(minutes=15))
    assert (count.failures, count.since) == (1, NOW + timedelta(minutes=15))
    assert failed(USER, 4).after_failure(NOW + timedelta(minutes=14)).failures == 5


def test_a_door_that_was_closed_is_forgiven_after_a_quiet_day_only() -> None:
    closed = failed(USER, 5)
    assert closed.after_failure(NOW + timedelta(hours=23)).failures == 6
    assert closed.after_failure(NOW + timedelta(days=1)).failures == 1


def test_a_door_says_neither_who_comes_through_nor_is_it_the_same_elsewhere() -> None:
    assert "user-2" not in USER
    assert "203.0.113.7" not in ADDRESS
    assert len({USER, door_of_user("demo", "user-3"), door_of_user("other", "user-2"), ADDRESS}) == 4


def test_a_service_has_the_door_of_whom_it_names_only() -> None:
    assert Asker("demo", "user-2", "shop").doors == [USER]
    assert Asker("demo", None, "shop").doors == []
    assert HOLDER.doors == [USER, ADDRESS]
    assert Asker("demo", None, "ip", "203.0.113.7").doors == [ADDRESS]


def guess(world: CardWorld, times: int, asker: Asker = HOLDER) -> None:
    for _ in range(times):
        with pytest.raises(GiftCardNotFound):
            world.lookup.find(asker, WRONG)


def test_from_the_fifth_wrong_code_on_not_even_a_right_one_is_looked_at() -> None:
    world = CardWorld()
    code, card = world.sold()
    guess(world, 5)
    with pytest.raises(TooManyGuesses) as blocked:
        world.lookup.find(HOLDER, code)
    assert blocked.value.retry_after_seconds == 60
    with pytest.raises(TooManyGuesses):
        world.lookup.find(HOLDER, WRONG)
    world.clock.advance(timedelta(seconds=60))
    assert world.lookup.find(HOLDER, code) == card
    guess(world, 1)
    with pytest.raises(TooManyGuesses) as blocked:
        world.lookup.find(HOLDER, code)
    assert blocked.value.retry_after_seconds == 120


def test_another_name_from_the_same_address_meets_the_door_of_the_address() -> None:
    world = CardWorld()
    code, card = world.sold()
    for number in range(20):
        guess(world, 1, Asker("demo", f"user-{number}", "c", "203.0.113.50"))
    with pytest.raises(TooManyGuesses):
        world.lookup.find(Asker("demo", "user-99", "c", "203.0.113.50"), code)
    assert world.lookup.find(Asker("demo", "user-99", "c", "203.0.113.51"), code) == card


def test_whoever_is_blocked_at_one_tenant_is_not_at_another() -> None:
    world = CardWorld()
    guess(world, 5)
    guess(world, 1, Asker("other", "user-2", "c", "203.0.113.7"))


def test_a_slip_of_the_pen_is_no_guess_and_a_right_code_is_none_either() -> None:
    world = CardWorld()
    code, card = world.sold()
    for _ in range(30):
        with pytest.raises(InvalidCode):
            world.lookup.find(HOLDER, code[:-1] + ("A" if code[-1] != "A" else "B"))
        assert world.lookup.find(HOLDER, code.lower()) == card
    assert world.store.gift_cards.look("demo", [card.id], HOLDER.doors).guesses == {}


def test_a_card_is_found_under_every_key_of_the_secret_and_lost_without_its_own() -> None:
    world = CardWorld()
    code, card = world.sold()
    (old,) = world.secrets.values["gift_cards"]["keys"]
    world.secrets.values["gift_cards"] = {"keys": ["a key that is newer", old]}
    assert world.lookup.find(HOLDER, code) == card
    world.secrets.values["gift_cards"] = {"keys": ["a key that is newer"]}
    with pytest.raises(GiftCardNotFound):
        world.lookup.find(HOLDER, code)


def test_where_they_are_switched_off_no_card_is_found() -> None:
    world = CardWorld()
    code, _ = world.sold()
    world.enabled = False
    with pytest.raises(GiftCardsDisabled):
        world.lookup.find(HOLDER, code)


def test_a_stranger_sees_what_can_be_spent_and_is_told_the_same_of_all_else() -> None:
    world = CardWorld()
    code, card = world.sold()
    assert world.desk.by_code(STRANGER, code) == card
    world.desk.freeze("demo", card.id, "boss", "reported stolen")
    told = []
    for text in (code, WRONG):
        with pytest.raises(GiftCardNotFound) as refused:
            world.desk.by_code(STRANGER, text)
        told.append(str(refused.value))
    assert told[0] == told[1]
    counts = world.store.gift_cards.look("demo", [card.id], STRANGER.doors).guesses
    assert [each.failures for each in counts.values()] == [1]
    assert world.desk.by_code(HOLDER, code).status == "frozen"

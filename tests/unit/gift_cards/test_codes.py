"""A code is unlike any other by more than one slip, follows from a key, and is nowhere but on paper."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import MemorySecrets
from tests.support.gift_cards import SECRETS
from tollgate.gift_cards.codes import ALPHABET, LENGTHS, SECRET, GiftCardCodes, check_character, parse
from tollgate.gift_cards.errors import GiftCardsDisabled, InvalidCode
from tollgate.kernel.ids import is_id

LETTERS = st.sampled_from(ALPHABET)
WHOLE = st.sampled_from(LENGTHS).flatmap(
    lambda length: st.lists(LETTERS, min_size=length - 1, max_size=length - 1)
).map(lambda letters: "".join(letters) + check_character("".join(letters)))  # fmt: skip


def codes(length: int = 12, *keys: str) -> GiftCardCodes:
    return GiftCardCodes(MemorySecrets({SECRET: {"keys": list(keys)}} if keys else SECRETS), length)


def test_letters_that_are_read_for_each_other_are_in_no_code() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("01OI") & set(ALPHABET)


@given(WHOLE)
def test_a_code_is_read_as_it_is_written_whatever_the_dashes_and_the_case(letters: str) -> None:
    written = parse(letters)
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2,3}", written)
    sent = (written, letters.lower(), written.replace("-", " "), f"  {written}\t", written.replace("-", "\u2013"))
    assert {parse(each) for each in sent} == {written}


@given(WHOLE, st.data())
def test_one_wrong_character_is_found_wherever_it_is(letters: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(letters) - 1))
    wrong = data.draw(LETTERS.filter(lambda letter: letter != letters[place]))
    with pytest.raises(InvalidCode):
        parse(letters[:place] + wrong + letters[place + 1 :])


@pytest.mark.parametrize("length", LENGTHS)
def test_any_two_characters_that_change_places_are_found(length: int) -> None:
    """Every pair of letters in every pair of places; what else the code holds does not matter to the sum."""
    for first, second in product(range(length), repeat=2):
        if first >= second:
            continue
        for one, other in product(ALPHABET, repeat=2):
            letters = ["A"] * length
            letters[first], letters[second] = one, other
            if one != other and _sums_to(letters) == _sums_to(_swapped(letters, first, second)):
                pytest.fail(f"{one} and {other} in places {first} and {second}")


def _sums_to(letters: list[str]) -> str:
    return check_character("".join(letters))


def _swapped(letters: list[str], first: int, second: int) -> list[str]:
    swapped = [*letters]
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return swapped


@pytest.mark.parametrize(
    "text", ["", "ABCD", "ABCD-EFGH-JKL", "0BCD-EFGH-JKLM", "ABCD-EFGH-JKLM-NPQR-STUV", "É" * 12, "ß" * 6]
)
def test_what_is_no_code_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(InvalidCode) as refused:
        parse(text)
    (error,) = refused.value.errors
    assert error.field == "code"
    assert not text or text not in error.message + str(refused.value)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_new_code_is_valid_and_so_is_its_id(length: int) -> None:
    made = codes(length).new("demo", "pay_1", 1)
    assert parse(made.code) == made.code
    assert len(made.code.replace("-", "")) == length
    assert made.code.endswith(made.ending)
    assert is_id("gft", made.id)
    assert codes(length).ids("demo", made.code) == (made.id,)
    assert made.code not in repr(made)


def test_the_same_payment_has_the_same_code_and_no_other_has() -> None:
    make = codes().new
    first = make("demo", "pay_1", 1)
    assert make("demo", "pay_1", 1) == first
    others = [make("demo", "pay_1", 2), make("demo", "pay_2", 1), make("other", "pay_1", 1)]
    assert len({each.code for each in (first, *others)}) == len({each.id for each in (first, *others)}) == 4


def test_parts_do_not_run_together() -> None:
    make = codes().new
    assert make("demo1", "pay_1", 1).code != make("demo", "1pay_1", 1).code


def test_a_code_opens_nothing_at_another_tenant() -> None:
    made = codes().new("demo", "pay_1", 1)
    assert codes().ids("other", made.code) != codes().ids("demo", made.code)


def test_no_letter_comes_more_often_than_others() -> None:
    make = codes(16).new
    made = [make("demo", f"pay_{number}", 1).code.replace("-", "") for number in range(2_000)]
    for place in range(16):
        counts = Counter(code[place] for code in made)
        assert set(counts) == set(ALPHABET)
        assert max(counts.values()) < 3 * min(counts.values())


def test_a_key_that_is_rotated_makes_no_more_codes_and_still_knows_its_own() -> None:
    old, new = "an older key of tests", "a newer key of tests"
    made = codes(12, old).new("demo", "pay_1", 1)
    both = codes(12, new, old)
    assert made.id in both.ids("demo", made.code)
    assert both.new("demo", "pay_1", 1).code != made.code
    assert both.again("demo", "pay_1", 1, made.key, made.id) == made
    assert codes(12, new).again("demo", "pay_1", 1, made.key, made.id) is None
    assert made.id not in codes(12, new).ids("demo", made.code)


def test_a_code_is_made_again_in_the_length_it_had() -> None:
    made = codes(16).new("demo", "pay_1", 1)
    assert codes(12).again("demo", "pay_1", 1, made.key, made.id) == made
    assert codes(12).again("demo", "pay_1", 2, made.key, made.id) is None


def test_the_name_of_a_key_tells_nothing_of_it() -> None:
    made = codes(12, "a key of tests").new("demo", "pay_1", 1)
    assert re.fullmatch(r"[0-9a-f]{8}", made.key)
    assert codes(12, "another key of tests").new("demo", "pay_1", 1).key != made.key


@pytest.mark.parametrize("keys", [None, [], "just a text", ["short"]])
def test_without_a_key_there_are_no_gift_cards(keys: object) -> None:
    without = GiftCardCodes(MemorySecrets({SECRET: {"keys": keys}} if keys is not None else {}))
    with pytest.raises(GiftCardsDisabled):
        without.new("demo", "pay_1", 1)
    with pytest.raises(GiftCardsDisabled):
        without.ids("demo", "ABCD-EFGH-JKLM")


def test_a_length_that_no_code_has_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="12 or 16"):
        codes(13)

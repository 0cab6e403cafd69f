"""The terms of gift cards come from the environment, and a slip in it is found when a function starts."""

from __future__ import annotations

import re

import pytest

from tests.template.translation import source
from tollgate.gift_cards.terms import Amounts, GiftCardTerms
from tollgate.runtime.gift_card_terms import MalformedSetting, gift_card_terms
from tollgate.runtime.settings import Settings

USUAL = Amounts((2_500, 5_000, 10_000, 25_000))


def terms(**environment: str) -> GiftCardTerms:
    return gift_card_terms(Settings.from_environment(environment))


def test_what_nobody_sets_is_as_usual_and_off() -> None:
    assert terms() == GiftCardTerms(False, 12, 365, 10, {"USD": USUAL})


def test_what_the_template_sets_by_itself_is_as_usual_and_on() -> None:
    chosen = {name: str(each["Default"]) for name, each in source()["Parameters"].items()}
    found = terms(
        ENABLE_GIFT_CARDS=chosen["EnableGiftCards"],
        GIFT_CARD_CODE_LENGTH=chosen["GiftCardCodeLength"],
        GIFT_CARD_EXPIRY_DAYS=chosen["GiftCardExpiryDays"],
        GIFT_CARD_VOTE_MULTIPLIER=chosen["GiftCardVoteMultiplier"],
        GIFT_CARD_AMOUNTS=chosen["GiftCardAmounts"],
    )
    assert found == GiftCardTerms(True, 12, 365, 10, {"USD": USUAL})


def test_each_setting_is_read_by_its_name() -> None:
    found = terms(
        ENABLE_GIFT_CARDS="true",
        GIFT_CARD_CODE_LENGTH="16",
        GIFT_CARD_EXPIRY_DAYS="730",
        GIFT_CARD_VOTE_MULTIPLIER="0",
        GIFT_CARD_AMOUNTS="EUR:1000-50000; JPY:5000,3000",
    )
    amounts = {"EUR": Amounts(lowest=1_000, highest=50_000), "JPY": Amounts((3_000, 5_000))}
    assert found == GiftCardTerms(True, 16, 730, 0, amounts)


MALFORMED = [
    ("GIFT_CARD_CODE_LENGTH", "13"),
    ("GIFT_CARD_CODE_LENGTH", "twelve"),
    ("GIFT_CARD_CODE_LENGTH", "012"),
    ("GIFT_CARD_EXPIRY_DAYS", "0"),
    ("GIFT_CARD_EXPIRY_DAYS", "36501"),
    ("GIFT_CARD_EXPIRY_DAYS", "1.5"),
    ("GIFT_CARD_EXPIRY_DAYS", "-1"),
    ("GIFT_CARD_EXPIRY_DAYS", "9" * 5_000),
    ("GIFT_CARD_VOTE_MULTIPLIER", "1000001"),
    ("GIFT_CARD_VOTE_MULTIPLIER", "\N{SUPERSCRIPT TWO}"),
    ("GIFT_CARD_AMOUNTS", "2500"),
    ("GIFT_CARD_AMOUNTS", "USD"),
    ("GIFT_CARD_AMOUNTS", "USD:"),
    ("GIFT_CARD_AMOUNTS", "USD:0"),
    ("GIFT_CARD_AMOUNTS", "USD:500-100"),
    ("GIFT_CARD_AMOUNTS", "USD:100-200-300"),
    ("GIFT_CARD_AMOUNTS", "USD:25.00"),
    ("GIFT_CARD_AMOUNTS", "XXX:2500"),
]


@pytest.mark.parametrize(("name", "text"), MALFORMED)
def test_what_cannot_be_meant_is_named(name: str, text: str) -> None:
    with pytest.raises(MalformedSetting, match=name):
        terms(**{name: text})


@pytest.mark.parametrize("text", ["USD:2500", "USD:2500,5000", "EUR:1000-50000", "USD:1;EUR:1-2;JPY:3,4"])
def test_what_can_be_read_may_be_deployed(text: str) -> None:
    assert terms(GIFT_CARD_AMOUNTS=text).amounts
    assert re.fullmatch(source()["Parameters"]["GiftCardAmounts"]["AllowedPattern"], text)


@pytest.mark.parametrize("text", [text for name, text in MALFORMED if name == "GIFT_CARD_AMOUNTS"][:3])
def test_what_cannot_be_read_may_not(text: str) -> None:
    assert not re.fullmatch(source()["Parameters"]["GiftCardAmounts"]["AllowedPattern"], text)

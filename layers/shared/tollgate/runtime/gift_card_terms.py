"""A deployment's terms of gift cards, from its settings. They are read when a function is composed, so that a slip is
found before the first request.
"""

from __future__ import annotations

from collections.abc import Mapping

from tollgate.gift_cards.codes import LENGTHS
from tollgate.gift_cards.terms import Amounts, GiftCardTerms, amounts_of
from tollgate.runtime.settings import Settings

# As template.yaml has them.
LONGEST_DAYS, MOST_VOTES = 36_500, 1_000_000
_USUAL = GiftCardTerms(amounts=amounts_of("USD:2500,5000,10000,25000"))


class MalformedSetting(ValueError):
    """A setting says what cannot be meant. Names it, and what it takes."""

    def __init__(self, name: str, text: str, takes: str) -> None:
        super().__init__(f"{name} is {text!r}: it takes {takes}")


def expiry_days(settings: Settings) -> int:
    """Alone: whatever else of the terms is wrong must not stop what applies providers' events."""
    days = settings.gift_card_expiry_days
    return _number("GIFT_CARD_EXPIRY_DAYS", days, _USUAL.expiry_days, 1, LONGEST_DAYS)


def gift_card_terms(settings: Settings) -> GiftCardTerms:
    """What is left empty is as usual. Raises `MalformedSetting`."""
    votes = settings.gift_card_vote_multiplier
    return GiftCardTerms(
        enabled=settings.gift_cards_enabled,
        code_length=_length(settings.gift_card_code_length),
        expiry_days=expiry_days(settings),
        vote_multiplier=_number("GIFT_CARD_VOTE_MULTIPLIER", votes, _USUAL.vote_multiplier, 0, MOST_VOTES),
        amounts=_amounts(settings.gift_card_amounts),
    )


def _length(text: str) -> int:
    if text and text not in map(str, LENGTHS):
        raise MalformedSetting("GIFT_CARD_CODE_LENGTH", text, " or ".join(map(str, LENGTHS)))
    return int(text or _USUAL.code_length)


def _number(name: str, text: str, usual: int, lowest: int, highest: int) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(highest)) and lowest <= int(text) <= highest):
        raise MalformedSetting(name, text, f"a whole number from {lowest} to {highest}")
    return int(text)


def _amounts(text: str) -> Mapping[str, Amounts]:
    if not text:
        return _USUAL.amounts
    try:
        return amounts_of(text)
    except ValueError as error:
        takes = "lists or ranges of minor units by currency, such as USD:2500,5000;EUR:1000-50000"
        raise MalformedSetting("GIFT_CARD_AMOUNTS", text, takes) from error

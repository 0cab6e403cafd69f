"""On what terms a deployment sells gift cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class Amounts:
    """Which amounts of a currency are sold, in minor units: those listed, or where none is, all from `lowest` to
    `highest`.
    """

    listed: tuple[int, ...] = ()
    lowest: int = 1
    highest: int = MAX_AMOUNT

    def __contains__(self, amount: int) -> bool:
        return amount in self.listed if self.listed else self.lowest <= amount <= self.highest

    def __str__(self) -> str:
        return ", ".join(map(str, self.listed)) if self.listed else f"{self.lowest} to {self.highest}"


@dataclass(frozen=True, slots=True)
class GiftCardTerms:
    """`vote_multiplier` is votes for each whole unit of the currency."""

    enabled: bool = True
    code_length: int = 12
    expiry_days: int = 365
    vote_multiplier: int = 10
    amounts: Mapping[str, Amounts] = field(default_factory=dict)

    def check(self, amount: int, currency: str) -> None:
        """Raises `ValidationFailed` unless cards of this amount are sold."""
        sold = self.amounts.get(currency)
        if sold is None:
            message = f"gift cards are sold in {', '.join(sorted(self.amounts)) or 'no currency'}"
            raise ValidationFailed([FieldError("currency", message)])
        if amount not in sold:
            raise ValidationFailed([FieldError("amount", f"one of {sold}" if sold.listed else str(sold))])


def votes(amount: int, currency: str, multiplier: int) -> int:
    """What comes with an amount that is redeemed: the multiplier for each whole unit, and its part for a part, rounded
    down.
    """
    unit: int = 10 ** MINOR_DIGITS[currency]
    return amount * multiplier // unit


def amounts_of(text: str) -> dict[str, Amounts]:
    """From a deployment's setting: `USD:2500,5000` lists amounts, `EUR:1000-50000` gives a range, `;` stands between
    currencies. Raises `ValueError` for anything else, so that a slip is found when the function starts.
    """
    return dict(_of_currency(each.strip()) for each in text.split(";") if each.strip())


def _of_currency(text: str) -> tuple[str, Amounts]:
    currency, _, sold = text.partition(":")
    if currency not in MINOR_DIGITS:
        raise ValueError(f"{currency!r} is no currency in which gift cards can be sold")
    if "-" in sold:
        lowest, highest = map(int, sold.split("-"))
        amounts = Amounts(lowest=lowest, highest=highest)
        plausible = 1 <= lowest <= highest <= MAX_AMOUNT
    else:
        amounts = Amounts(tuple(sorted(map(int, sold.split(",")))))
        plausible = all(1 <= each <= MAX_AMOUNT for each in amounts.listed)
    if not plausible:
        raise ValueError(f"{text!r} lists no amounts of gift cards")
    return currency, amounts

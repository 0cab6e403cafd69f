"""Integer money. An amount is minor units of one ISO 4217 currency; a rate is basis points; no float exists here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import TollgateError

BASIS_POINTS = 10_000
# 99 trillion minor units: far past any payment, and well inside what DynamoDB and JSON readers keep exactly.
MAX_AMOUNT = 10**14 - 1


class UnknownCurrency(TollgateError):
    """The code is not an ISO 4217 currency in circulation."""

    code = "CURRENCY_UNKNOWN"

    def __init__(self, currency: object) -> None:
        super().__init__(f"unknown currency {str(currency)[:8]!r}")


class CurrencyMismatch(TollgateError):
    """Two amounts of different currencies met in one sum or comparison."""

    code = "CURRENCY_MISMATCH"

    def __init__(self, left: Money, right: Money) -> None:
        super().__init__(f"{left.currency} and {right.currency} do not mix")


class InvalidAmount(TollgateError):
    """An amount that is no integer, or past what is ever stored."""

    code = "AMOUNT_INVALID"


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units of `currency`: Money(1050, "USD") is $10.50, Money(1050, "JPY") is ¥1050."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int or abs(self.amount) > MAX_AMOUNT:
            raise InvalidAmount("an amount is an integer of minor units")
        if self.currency not in MINOR_DIGITS:
            raise UnknownCurrency(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        digits = MINOR_DIGITS[self.currency]
        sign, units = ("-" if self.amount < 0 else ""), str(abs(self.amount)).rjust(digits + 1, "0")
        whole, fraction = (units[:-digits], f".{units[-digits:]}") if digits else (units, "")
        return f"{sign}{whole}{fraction} {self.currency}"

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(self, other)
        return other.amount

    def portion(self, basis_points: int) -> Money:
        """That share of the amount, rounded half away from zero: 7.4 % of $10.50 is Money(1050, "USD").portion(740)."""
        magnitude = (abs(self.amount) * abs(basis_points) * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)
        return Money(magnitude if (self.amount < 0) == (basis_points < 0) else -magnitude, self.currency)

    def split(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Parts in proportion to the weights, which always sum to the whole (largest remainder; ties go to the earlier
        part).
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise InvalidAmount("weights are not negative and not all zero")
        magnitude, sign = abs(self.amount), -1 if self.amount < 0 else 1
        floors = [magnitude * weight // total for weight in weights]
        remainders = [magnitude * weight % total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda part: (-remainders[part], part))
        for part in by_remainder[: magnitude - sum(floors)]:
            floors[part] += 1
        return tuple(Money(sign * floor, self.currency) for floor in floors)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts of one currency; zero of that currency when there are none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result

"""Reading the fields of a record: each wrong one is noted, and all of them are told at once. No reason repeats a value:
it may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operations.imports.rows import shown
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, TollgateError
from tollgate.kernel.money import Money
from tollgate.runtime.card_numbers import holds_card_number

_AMOUNT = re.compile(r"[0-9]{1,14}", re.ASCII)
# At the ends of the calendar there is no time before or after to reckon with.
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_MILLISECOND = timedelta(milliseconds=1)
_NEVER, _NOTHING = datetime(2000, 1, 1, tzinfo=UTC), Money(0, "USD")


class RowRefused(TollgateError):
    """A record that cannot be imported as it is; names each field that is wrong."""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError], code: str = "invalid") -> None:
        super().__init__("this record is refused")
        self.errors = tuple(errors)
        self.code = code


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text must look like, and how that is said."""

    pattern: re.Pattern[str]
    said: str

    @classmethod
    def of(cls, pattern: str, said: str) -> Shape:
        return cls(re.compile(pattern, re.ASCII), said)


def printable(longest: int) -> Shape:
    """Any characters but those that control something or end a line."""
    unseen = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"
    return Shape(re.compile(f"[^{unseen}]{{1,{longest}}}"), f"1 to {longest} characters, none of them unseen")


class Fields:
    """The fields of one record, read one by one. What is missing or wrong is noted, and something read in its place
    that nobody gets to see: `settle` raises.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._errors: list[FieldError] = []

    def has(self, name: str) -> bool:
        return name in self._given

    def wrong(self, name: str, reason: str) -> None:
        """Once for each field."""
        if all(each.field != name for each in self._errors):
            self._errors.append(FieldError(name, reason))

    def settle(self) -> None:
        """Raises `RowRefused` if anything was wrong."""
        if self._errors:
            raise RowRefused(self._errors)

    def only(self, known: Collection[str], of_what: str) -> None:
        for name in self._given:
            if name not in known:
                self.wrong(shown(name), f"no field of {of_what}")

    def absent(self, name: str, reason: str) -> None:
        if self.has(name):
            self.wrong(name, reason)

    def chosen(self, name: str, default: str = "") -> str:
        """As it stands, whatever that is."""
        return self._given.get(name, default)

    def text(self, name: str, shape: Shape) -> str:
        """Required."""
        if not self.has(name):
            self.wrong(name, "missing")
        return self.maybe_text(name, shape) or ""

    def maybe_text(self, name: str, shape: Shape) -> str | None:
        found = self._given.get(name)
        if found is not None and not shape.pattern.fullmatch(found):
            self.wrong(name, shape.said)
            return None
        return found

    def no_card(self, name: str) -> None:
        """A number of a card has no place here, nor anywhere else."""
        if holds_card_number(self._given.get(name, "")):
            self.wrong(name, "holds what may be the number of a card")

    def choice(self, name: str, among: Collection[str], default: str = "") -> str:
        """Required, unless there is a default."""
        found = self._given.get(name, default)
        if found in among:
            return found
        self.wrong(name, f"one of {', '.join(sorted(among))}" if found else "missing")
        return default

    def amount(self, name: str) -> int:
        """Minor units, at least one."""
        found = self._given.get(name, "")
        if _AMOUNT.fullmatch(found) and int(found) > 0:
            return int(found)
        self.wrong(name, "a whole number of minor units, at least 1" if found else "missing")
        return 0

    def money(self) -> Money:
        """Of `amount` and `currency`."""
        amount, currency = self.amount("amount"), self.text("currency", _CURRENCY)
        if currency and currency not in MINOR_DIGITS:
            self.wrong("currency", _CURRENCY.said)
        return Money(amount, currency) if currency in MINOR_DIGITS else _NOTHING

    def instant(self, name: str) -> datetime:
        """Required."""
        if not self.has(name):
            self.wrong(name, "missing")
        return self.maybe_instant(name) or _NEVER

    def maybe_instant(self, name: str) -> datetime | None:
        """In UTC, to the millisecond."""
        if not self.has(name):
            return None
        try:
            found = datetime.fromisoformat(self._given[name])
        except ValueError:
            found = None
        if found is None or not _FIRST_YEAR <= found.year < _LAST_YEAR:
            self.wrong(name, f"an ISO 8601 time of {_FIRST_YEAR} to {_LAST_YEAR - 1}, such as 2026-01-31T09:00:00Z")
            return None
        if found.tzinfo is None:
            self.wrong(name, "its offset is missing: 2026-01-31T09:00:00Z, or 2026-01-31T10:00:00+01:00")
            return None
        utc = found.astimezone(UTC)
        return utc - timedelta(microseconds=utc.microsecond % (_MILLISECOND // timedelta(microseconds=1)))


_CURRENCY = Shape.of("[A-Z]{3}", "a currency of ISO 4217 in capital letters, such as USD")

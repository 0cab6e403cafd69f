"""Nothing hides from who looks for a text in all that there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from tests.simulation.readable import readable

SECRET = "GIFT-4711-\N{LATIN SMALL LETTER E WITH ACUTE}"


@dataclass(frozen=True, slots=True)
class One:
    only: Any


@dataclass(frozen=True, slots=True)
class Several(One):
    other: Any = 0
    unseen: Any = field(default=0, repr=False)


@dataclass
class Open:
    told: Any


class Named(NamedTuple):
    told: Any


def _beside() -> Open:
    value = Open(0)
    vars(value)["beside"] = SECRET
    return value


@pytest.mark.parametrize(
    "value",
    [
        One(SECRET),
        One([One({"a": (SECRET,)})]),
        Several(SECRET),
        Several(0, other=SECRET),
        Several(0, unseen=frozenset({SECRET})),
        Open(One(SECRET)),
        _beside(),
        Named(Several(One(SECRET))),
        {SECRET: 1},
        f'{{"code": "{SECRET}"}}',
    ],
    ids=repr,
)
def test_a_text_is_found_wherever_it_stands(value: Any) -> None:
    assert SECRET.encode() in readable([0, value])
    assert SECRET.encode() not in readable([0, One("another")])


def test_what_was_seen_once_is_not_passed_over_elsewhere() -> None:
    assert SECRET.encode() in readable([One(1), One(1), Several(1, 2), Several(1, SECRET)])

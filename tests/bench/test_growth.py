"""What does not grow with what is stored, in small: a thousand payments against two thousand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bench import browsing, growth
from bench.growth import Work, figures, spread

SAME = Work(calls=2, write_units=14, index_write_units=9, read_units=0, bytes_out=8000, bytes_in=4)


def _verdicts(few: Work, many: Work) -> list[str]:
    return [figure.verdict for figure in figures({"checkout_create": {10: few, 1000: many}})]


def test_what_stays_the_same_is_within() -> None:
    assert _verdicts(SAME, replace(SAME, bytes_out=8001)) == ["ok", "ok"]


@pytest.mark.parametrize("more", [{"calls": 3}, {"write_units": 15}, {"index_write_units": 10}, {"read_units": 0.5}])
def test_one_call_or_one_unit_more_is_over(more: dict[str, Any]) -> None:
    assert _verdicts(SAME, replace(SAME, **more)) == ["OVER", "ok"]


def test_bytes_that_grow_are_over() -> None:
    assert _verdicts(SAME, replace(SAME, bytes_in=4000)) == ["ok", "OVER"]


def test_what_comes_from_nothing_has_grown_without_bound() -> None:
    assert spread([0, 1]) == math.inf
    assert spread([0, 0]) == 1.0


def test_one_size_tells_nothing_about_growth() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        list(figures({"trial_balance": {10: SAME, 1000: SAME}}))


def test_twice_as_many_payments_cost_no_operation_more() -> None:
    found, details = growth.measure((browsing.MANY, 2 * browsing.MANY))
    assert not [figure for figure in found if figure.fails]
    assert {reading.name for reading in browsing.readings()} < set(details["operations"])
    assert {"checkout_create", "webhook_apply", "refund"} < set(details["operations"])
    assert [stored["payments"] for stored in details["stored"]] == [1000, 2000]

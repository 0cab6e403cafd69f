"""How a figure stands against its limit."""

from __future__ import annotations

from bench.figures import Figure
from bench.loading import summary


def test_a_figure_at_its_limit_is_within() -> None:
    figure = Figure("calls", 2, "calls", "counted", 2)
    assert (figure.verdict, figure.fails) == ("ok", False)


def test_a_figure_past_its_limit_fails() -> None:
    figure = Figure("calls", 3, "calls", "counted", 2)
    assert (figure.verdict, figure.fails) == ("OVER", True)


def test_a_time_of_too_few_rounds_is_shown_and_not_judged() -> None:
    figure = Figure("ratio", 9, "ratio", "timed", 2, gated=False)
    assert (figure.verdict, figure.fails) == ("over, not judged", False)


def test_a_figure_without_a_limit_has_no_verdict() -> None:
    figure = Figure("cost", 50, "USD", "counted")
    assert (figure.verdict, figure.fails) == ("", False)


def test_imports_are_summed_by_package_and_ours_are_named() -> None:
    trace = """import time: self [us] | cumulative | imported package
import time:      1000 |       1000 |     botocore.a
import time:      2000 |       3000 |   botocore
import time:       500 |       3500 | tollgate.adapters
"""
    found = summary(trace)
    assert found["modules"] == 3
    assert found["packages_ms"] == {"botocore": 3.0, "tollgate": 0.5}
    assert found["our_modules_with_imports_ms"] == {"tollgate.adapters": 3.5}

"""The results for people: a line per figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.figures import Figure

_WIDTH = 58


def lines(figures: Sequence[Figure], details: Mapping[str, Any]) -> Iterator[str]:
    """Figures with limits and verdicts, then what a million payments cost, then under what load it was measured."""
    yield from _table(figures)
    if "cost" in details:
        yield ""
        yield "a million card payments, in dollars of list price:"
        for name, dollars in details["cost"]["usd_per_million_payments"].items():
            yield f"  {name:{_WIDTH - 2}} {dollars:10.2f}"
    yield ""
    for stored in details.get("stored", ()):
        yield f"{stored['payments']} payments ({stored['items']} items) stored in {stored['seconds']:g} seconds"
    machine = details["machine"]
    yield (
        f"load average {machine['load_before'][0]:.2f} before, {machine['load_after'][0]:.2f} after, "
        f"on {machine['cores']} cores; Python {machine['python']}"
    )
    if not details.get("layer", {"built": True})["built"]:
        yield f"layer: {details['layer']['note']}"


def _table(figures: Sequence[Figure]) -> Iterator[str]:
    yield f"{'':{_WIDTH}} {'figure':>10} {'limit':>9}  {'unit':6} verdict"
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:g}"
        value = f"{figure.value:.2f}" if figure.unit in ("ratio", "MB", "USD") else f"{figure.value:g}"
        note = f"  ({figure.note})" if figure.note else ""
        yield f"{figure.name:{_WIDTH}} {value:>10} {limit:>9}  {figure.unit:6} {figure.verdict}{note}".rstrip()

"""`docs/reliability.md` from what the crash tests wrote down. The same figures make the same document, to the byte."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash import (
    invariants_of_charges,  # noqa: F401 - registers them
    invariants_of_events,  # noqa: F401 - registers them
    invariants_of_gift_cards,  # noqa: F401 - registers them
    invariants_of_groups,  # noqa: F401 - registers them
    invariants_of_payouts,  # noqa: F401 - registers them
    invariants_of_renewals,  # noqa: F401 - registers them
    invariants_of_resales,  # noqa: F401 - registers them
    invariants_of_reversals,  # noqa: F401 - registers them
    invariants_of_subscriptions,  # noqa: F401 - registers them
    test_crashes,
    test_crashes_of_charges,
    test_crashes_of_gift_cards,
    test_crashes_of_groups,
    test_crashes_of_payouts,
    test_crashes_of_renewals,
    test_crashes_of_resales,
    test_crashes_of_subscriptions,
)
from tests.crash.invariants import ALWAYS, EVENTUALLY
from tests.support.crashing import REPORT, Invariant
from tests.support.crashing_faults import FAULTS
from tests.support.deployment import ROOT

DOCUMENT = ROOT / "docs" / "reliability.md"
MAKE = "make reliability"
# In the order of the document.
NAMES = (
    *test_crashes.NAMES,
    *test_crashes_of_charges.NAMES,
    *test_crashes_of_payouts.NAMES,
    *test_crashes_of_gift_cards.NAMES,
    *test_crashes_of_subscriptions.NAMES,
    *test_crashes_of_renewals.NAMES,
    *test_crashes_of_groups.NAMES,
    *test_crashes_of_resales.NAMES,
)
_TEXT = Path(__file__).with_name("crashing_report.md")


@dataclass(frozen=True)
class Kind:
    """A column of the matrix: faults that leave the world in the same state, by the beginnings of their names."""

    column: str
    means: str
    beginnings: tuple[str, ...]

    def holds(self, fault: str) -> bool:
        return fault.startswith(self.beginnings)


KINDS = (
    Kind("before", "the process dies before the call leaves it", ("crash before",)),
    Kind("after", "the process dies when the call has taken effect, before it hears of it", ("crash after",)),
    Kind(
        "overtaken",
        "the process stands still, before the call or after it, and another instance does the same work meanwhile",
        ("stalled",),
    ),
    Kind(
        "unheard",
        "the call takes effect and its answer is lost, or is an error all the same",
        ("answer lost", "provider's answer", "provider answers 500 after"),
    ),
    Kind(
        "cut off",
        "the connection breaks before the call has taken effect",
        ("connection reset", "provider resets"),
    ),
    Kind(
        "refused",
        "an error without effect: conflict, throttling, capacity, a provider's 429, 503 or 500",
        (
            "transaction conflict",
            "throttled",
            "over capacity",
            "provider answers 429",
            "provider answers 503",
            "provider answers 500 and",
            "provider answers 500 twice",
        ),
    ),
    Kind("in part", "the bus takes some of the entries that it is sent", ("bus refuses",)),
)


@dataclass(frozen=True)
class Result:
    """One operation, as it was written down."""

    name: str
    calls: tuple[str, ...]
    # Each point: the number of the call from 0, the fault, whether the reconciler was needed.
    points: tuple[tuple[int, str, bool], ...]
    violations: tuple[str, ...]

    @property
    def figures(self) -> tuple[int, ...]:
        """Calls, points, those that needed the reconciler, violations."""
        return len(self.calls), len(self.points), sum(needed for _, _, needed in self.points), len(self.violations)


def results(path: Path, names: Sequence[str] = NAMES) -> list[Result]:
    """Of every operation that there is, in order. Ends the program with what to run where figures are missing."""
    known = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in names if "matrix" not in known.get(name, {})]
    if missing:
        sys.exit(f"no figures for {', '.join(missing)}: run `{MAKE}`")
    return [_result(name, known[name]) for name in names]


def _result(name: str, written: Mapping[str, Any]) -> Result:
    points = tuple((int(number), fault, bool(needed)) for number, fault, needed in written["matrix"])
    return Result(name, tuple(written["calls"]), points, tuple(written["violations"]))


def document(found: Collection[Result]) -> str:
    """All of it."""
    figures = {
        "summary": "\n".join(_summary(found)),
        "matrix": "\n\n".join("\n".join(_matrix(each)) for each in found),
    }
    text = _TEXT.read_text(encoding="utf-8")
    for name, part in (lists() | figures).items():
        text = text.replace(f"<!-- {name} -->", part)
    return text


def lists() -> dict[str, str]:
    """What the document says without any figures: what must hold, and what goes wrong."""
    return {"always": _promises(ALWAYS), "eventually": _promises(EVENTUALLY), "kinds": "\n".join(_kinds())}


def _promises(checks: Sequence[Invariant]) -> str:
    return "\n".join(f"- {name}" for name in sorted(each.__name__.replace("_", " ") for each in checks))


def _kinds() -> Iterator[str]:
    yield "| column | what happens | faults |"
    yield "|---|---|---|"
    for kind in KINDS:
        yield f"| {kind.column} | {kind.means} | {'; '.join(each.name for each in FAULTS if kind.holds(each.name))} |"


def _summary(found: Collection[Result]) -> Iterator[str]:
    yield "| operation | calls | points | needed the reconciler | violations |"
    yield "|---|---|---|---|---|"
    yield from (f"| {each.name} | {' | '.join(map(str, each.figures))} |" for each in found)
    sums = (sum(column) for column in zip(*(each.figures for each in found), strict=True))
    yield f"| **all** | {' | '.join(f'**{each}**' for each in sums)} |"


def _matrix(found: Result) -> Iterator[str]:
    yield f"### {found.name}"
    yield ""
    yield f"| call | {' | '.join(kind.column for kind in KINDS)} |"
    yield f"|---|{'---|' * len(KINDS)}"
    for number, call in enumerate(found.calls):
        cells = [_cell(found, number, kind) for kind in KINDS]
        yield f"| {number + 1}. `{call}` | {' | '.join(cells)} |"
    yield from (f"\n- {violation}" for violation in found.violations)


def _cell(found: Result, number: int, kind: Kind) -> str:
    """How many points, and how many of them needed the reconciler."""
    counted = Counter(needed for at, fault, needed in found.points if at == number and kind.holds(fault))
    needed = f" ({counted[True]})" if counted[True] else ""
    return f"{counted.total()}{needed}" if counted else ""


if __name__ == "__main__":
    DOCUMENT.write_text(document(results(REPORT)), encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)} tells what {REPORT.relative_to(ROOT)} holds")

"""What Step Functions charges for: the states through which an execution goes, counted along its definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import limits
from bench.figures import Figure

_MACHINES = Path(__file__).resolve().parents[1] / "statemachines"
_GROUP, _WAITS = "group_payment_expiry", ("waiting",) * 4
# By what is told of it: the machine, the outcome of each of its looks in turn, and how many transitions that may take.
# One line for each story of each machine that a purchase may start.
STORIES: dict[str, tuple[str, Sequence[str], int]] = {
    "escrow, handed over": ("escrow_release", ("released",), limits.ESCROW_TRANSITIONS),
    "escrow, given back": ("escrow_release", ("refunded",), limits.ESCROW_TRANSITIONS),
    "group, paid soon": (_GROUP, (*_WAITS[:1], "completed"), limits.GROUP_SOON_TRANSITIONS),
    "group, out of time": (_GROUP, (*_WAITS[:3], "expired"), limits.GROUP_TRANSITIONS),
    "group, paid at last": (_GROUP, (*_WAITS, "completed"), limits.GROUP_LONGEST_TRANSITIONS),
}


def figures() -> Iterator[Figure]:
    for name, (machine, outcomes, most) in STORIES.items():
        definition = json.loads((_MACHINES / f"{machine}.asl.json").read_text())
        passed = states(definition, outcomes)
        note = " ".join(passed)
        yield Figure(f"{name}: state transitions", len(passed), "transitions", "counted", most, note=note)


def states(definition: dict[str, Any], outcomes: Sequence[str]) -> list[str]:
    """Those that an execution enters to its end, where nothing fails and its choices find these outcomes."""
    left, name, passed = list(outcomes), str(definition["StartAt"]), list[str]()
    while True:
        passed.append(name)
        state = definition["States"][name]
        if state["Type"] in ("Succeed", "Fail") or state.get("End"):
            return passed
        name = _chosen(state, left.pop(0)) if state["Type"] == "Choice" else state["Next"]


def _chosen(state: dict[str, Any], outcome: str) -> str:
    found = (str(each["Next"]) for each in state["Choices"] if each.get("StringEquals") == outcome)
    return next(found, str(state.get("Default", "")))

"""What a program imports, and how long each part takes."""

from __future__ import annotations

import re
import subprocess
from typing import Any

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)")


def loaded(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run the program once more under `-X importtime`. Times are wall time, and only their order means much."""
    traced = [command[0], "-X", "importtime", *command[1:]]
    run = subprocess.run(traced, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return summary(run.stderr)


def summary(trace: str) -> dict[str, Any]:
    """How many modules; milliseconds by top-level package, without what it imports of others, the longest first; and
    our own modules with all that they bring in.
    """
    lines = _LINE.findall(trace)
    packages: dict[str, int] = {}
    ours: dict[str, int] = {}
    for alone, whole, module in lines:
        package = module.partition(".")[0]
        packages[package] = packages.get(package, 0) + int(alone)
        if package in ("tollgate", "app"):
            ours[module] = int(whole)
    return {"modules": len(lines), "packages_ms": _top(packages), "our_modules_with_imports_ms": _top(ours)}


def _top(microseconds: dict[str, int], count: int = 10) -> dict[str, float]:
    longest = sorted(microseconds.items(), key=lambda entry: -entry[1])[:count]
    return {name: round(took / 1000, 1) for name, took in longest}

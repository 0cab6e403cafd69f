"""Histories by the thousand: `make simulate SEEDS=100000`. Progress goes to stderr, one JSON summary to stdout."""

from __future__ import annotations

import argparse
import json
import os
import sys

from tests.simulation.history import History, loads
from tests.simulation.playing import explain, play_all
from tests.simulation.running import of_seed, play


def main() -> int:
    """0 when every history held."""
    asked = _arguments()
    if asked.replay:
        return _replay(loads(asked.replay))
    played = play_all(asked.first, asked.seeds, asked.processes, progress=_say)
    for seed in played.failed[:3]:
        _say(explain(of_seed(seed), f"seed {seed}"))
    summary = {"histories": asked.seeds, "first_seed": asked.first, "failed_seeds": played.failed}
    print(json.dumps(summary | {"reached": dict(sorted(played.reached.items()))}, indent=2))
    return 1 if played.failed else 0


def _replay(history: History) -> int:
    violations = play(history)
    _say("".join(f"{step}\n" for step in history))
    print(json.dumps([str(each) for each in violations], indent=2))
    return 1 if violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many histories (10000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many at once (one per core)")
    parser.add_argument("--replay", metavar="HISTORY", help="play one history, as a failure prints it")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())

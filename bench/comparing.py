"""`python -m bench.comparing`: ours beside what people use today, in one run, round by round in turn. Prints JSON, and
holds nothing against a limit: other engines stand behind the others, and they promise other things.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.contestants import DOES
from bench.machine import described, making_credentials_up

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
RESULTS = ROOT / "bench" / "results" / "peers.json"

# Peer, and what of ours it stands beside.
PAIRS = (
    ("hand_written_put", "webhook_accept"),
    ("hand_written_sqlite", "webhook_accept"),
    ("dj_stripe_accept", "webhook_accept"),
    # It does all its work before it answers the provider; ours answers when the event is stored.
    ("dj_stripe", "webhook_accept"),
    ("dj_stripe", "webhook_accept_and_apply"),
    ("checkout_powertools", "checkout_create"),
    ("checkout_powertools_lean", "checkout_create"),
)


class Peer:
    """The process with the other packages, one question and one answer at a time."""

    def __init__(self, process: subprocess.Popen[str], **about: str) -> None:
        self._process = process
        self.versions = self._ask(about)

    def timer(self, *, deferred: bool) -> Callable[[int], float]:
        return lambda runs: float(self._ask({"runs": runs, "deferred": deferred}))

    def work(self, *, deferred: bool) -> Any:
        return self._ask({"deferred": deferred})

    def _ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the peer's process ended; its own message is above")
        return json.loads(line)


@contextmanager
def peer(**about: str) -> Iterator[Peer]:
    """Start it and wait until it has its tables; ends with the block."""
    command = [str(PYTHON), "-m", "bench.dj_stripe"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            yield Peer(process, **about)
        finally:
            process.kill()


def measure(*, rounds: int, runs: int) -> dict[str, Any]:
    """CPU of each, the ratios to ours, and what each asks of others."""
    # The packages of the layer must be found, and clients read the environment.
    from bench import operations
    from bench.shop import open_shop
    from tests.simulators.world import KEY

    before = os.getloadavg()
    with ExitStack() as open_:
        # The peer asks the simulator while that lives, and stays.
        with open_shop() as shop:
            done = operations.run(shop)
            api, payload = shop.stripe.base, done.payload.decode()
            other = open_.enter_context(peer(payload=payload, secret=done.webhook_secret, api=api, key=KEY))
        return {**_raced(done, other, rounds, runs), "machine": described(before)}


def _raced(done: Any, other: Peer, rounds: int, runs: int) -> dict[str, Any]:
    from bench import cpu
    from bench.hand_written import into_dynamodb, into_sqlite
    from bench.racing import race_timers, timer

    with tempfile.TemporaryDirectory() as folder, cpu.in_place_of_aws(done):
        by_hand, database = into_sqlite(Path(folder, "hand.sqlite3"), done.webhook_secret)
        local = {name: prepare for name, prepare in cpu.contestants(done).items() if name in DOES}
        local["hand_written_put"] = cpu.webhooks(into_dynamodb("inbox", done.webhook_secret), done)
        local["hand_written_sqlite"] = cpu.webhooks(by_hand, done)
        timers = {name: timer(prepare) for name, prepare in local.items()}
        timers |= {"dj_stripe": other.timer(deferred=False), "dj_stripe_accept": other.timer(deferred=True)}
        result = race_timers(timers, rounds=rounds, runs=runs)
        work: dict[str, Any] = {name: cpu.requests(prepare) for name, prepare in local.items()}
        work["hand_written_sqlite"] = _statements(database, local["hand_written_sqlite"])
        work |= {"dj_stripe": other.work(deferred=False), "dj_stripe_accept": other.work(deferred=True)}
        database.close()
    contestants = {
        name: {**DOES[name], "median_cpu_microseconds": round(result.microseconds(name), 1), "work": work[name]}
        for name in DOES
    }
    ratios = {f"{theirs} over {ours}": round(result.ratio(theirs, ours), 2) for theirs, ours in PAIRS}
    return {
        "rounds": rounds,
        "runs_per_round": runs,
        "versions": other.versions,
        "contestants": contestants,
        "ratios": ratios,
    }


def _statements(database: Any, prepare: Any) -> dict[str, int]:
    asked: Counter[str] = Counter()
    (act,) = prepare(1)
    database.set_trace_callback(lambda statement: asked.update([statement.partition(" ")[0]]))
    act()
    database.set_trace_callback(None)
    return dict(asked)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.comparing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds: the counts are right, the times mean little")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes (default: %(default)s)")
    arguments = parser.parse_args()
    making_credentials_up()
    rounds, runs = (2, 1) if arguments.quick else (30, 5)
    result = {"quick": arguments.quick, **measure(rounds=rounds, runs=runs)}
    text = json.dumps(result, indent=1)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

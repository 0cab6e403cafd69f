"""`python -m bench.renewing`: ten thousand subscriptions are due at once, and renewed: by runs that are out of time,
one of which is killed in the middle, and by two at once. Prints how far it is, writes `bench/results/renewing.json`,
and fails unless each was charged once, by the books of the provider, and nothing was scanned.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.machine import described, making_credentials_up

RESULTS = Path(__file__).resolve().parent / "results" / "renewing.json"
_PAGE = 100
# In seconds, and a little more.
_QUARTER = 16 * 60


class Killed(BaseException):
    """The end of a function, which nothing of ours catches."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.renewing", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many are due (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="how long a run may take (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes (default: %(default)s)")
    arguments = parser.parse_args()
    making_credentials_up()
    before = os.getloadavg()
    found = _measure(arguments.count, arguments.seconds)
    result = {"machine": described(before), **found}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return int(bool(found["wrong"]))


def _measure(count: int, seconds: float) -> dict[str, Any]:
    # Imported here: the package of the layer must be found first, and clients read the environment.
    from bench.renewals import saved_method
    from bench.shop import open_shop

    with (
        tempfile.TemporaryDirectory() as folder,
        _moving(Path(folder, "clock")) as clock,
        open_shop("bench.engine", TOLLGATE_CLOCK_FILE=str(clock)) as shop,
    ):
        source = saved_method(shop)
        _stock(shop, count, source)
        begun, sent = time.monotonic(), len(shop.exchanges.made)
        runs = list(_runs(shop, clock, count, seconds))
        took = time.monotonic() - begun
        calls = Counter(each.target for each in shop.exchanges.made[sent:] if each.is_aws)
        charged = _charged(shop)
    renewed = sum(each["done"].get("renewed", 0) for each in runs)
    wrong = {
        "charged more than once": sum(number > 1 for number in charged.values()),
        "never charged": count - len(charged),
        "scans": calls["dynamodb.Scan"],
    }
    return {
        "due": count,
        "charged": sum(charged.values()),
        "told as renewed": renewed,
        "wrong": {name: number for name, number in wrong.items() if number},
        "seconds": round(took, 1),
        "calls per renewal": {name: round(number / count, 3) for name, number in sorted(calls.items())},
        "runs": runs,
    }


def _stock(shop: Any, count: int, source: str) -> None:
    from bench.renewals import many
    from bench.stock import Engine, load
    from tollgate.runtime.composition.storage import open_storage
    from tollgate.runtime.settings import Settings

    storage = open_storage(Settings.from_environment(os.environ))
    since = datetime.now(UTC) - timedelta(minutes=20)
    with closing(Engine(shop.deployed.engine.url)) as engine:
        load(engine, storage.core.name, (item for of in many(count, source, since) for item in of.items(storage)))


@contextmanager
def _moving(clock: Path) -> Iterator[Path]:
    clock.write_text("0")
    yield clock


def _runs(shop: Any, clock: Path, count: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Until one finds nothing: what is unsure is taken up again a quarter of an hour later. The second is killed in the
    middle; of every other, two are made at once.
    """
    done, number = 0, 0
    while True:
        number += 1
        told = _killed(shop, count // 50) if number == 2 else _at_once(shop, seconds, 2 if number % 2 else 1)
        done += told["done"].get("renewed", 0)
        came_to = told["done"] or ("nothing is due" if told["complete"] else "killed")
        print(f"run {number}: {came_to}; {done} of {count} told", file=sys.stderr, flush=True)
        yield {"run": number, **told}
        if told["complete"]:
            if not told["done"]:
                return
            clock.write_text(str(float(clock.read_text()) + _QUARTER))


def _at_once(shop: Any, seconds: float, runs: int) -> dict[str, Any]:
    with ThreadPoolExecutor(runs) as pool:
        told = list(pool.map(lambda _: _run(shop, seconds), range(runs)))
    done = sum((Counter(each["done"]) for each in told), Counter[str]())
    return {"at once": runs, "done": dict(done), "complete": all(each["complete"] for each in told)}


def _run(shop: Any, seconds: float) -> dict[str, Any]:
    from tollgate.runtime.renewer import LAST_SECONDS

    until = time.monotonic() + seconds

    class Context:
        aws_request_id = "a-run"

        def get_remaining_time_in_millis(self) -> float:
            return (until - time.monotonic() + LAST_SECONDS) * 1000

    told: dict[str, Any] = shop.deployed.function("renewer").handler({}, Context())
    return told


def _killed(shop: Any, after: int) -> dict[str, Any]:
    """Its process ends after so many transactions, between a charge and what is stored of it for some."""
    from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork

    commit, left = DynamoUnitOfWork.commit, [after]

    def dying(unit_of_work: Any, *writes: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        commit(unit_of_work, *writes)

    with patch.object(DynamoUnitOfWork, "commit", dying), suppress(Killed):
        _run(shop, 3_600)
    del shop.deployed.modules["renewer"]
    return {"killed after transactions": after, "done": {}, "complete": False}


def _charged(shop: Any) -> Counter[str]:
    """By the provider's books: how often each of our payments was taken."""
    listed = shop.stripe.client.v1.payment_intents.list(params={"limit": _PAGE}).auto_paging_iter()
    taken = [each for each in listed if each.status == "succeeded"]
    return Counter(each.metadata["tollgate_payment"] for each in taken)


if __name__ == "__main__":
    sys.exit(main())

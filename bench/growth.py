"""What every operation costs with few payments stored and with very many: the same."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import browsing, limits, operations, stock
from bench.counting import Cost
from bench.figures import Figure
from bench.machine import described
from bench.shop import Shop, open_shop
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.reconciliation.delivery import DELIVERED_WITHIN, SWEEP
from tollgate.reconciliation.provider_sessions import PASSES
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.settings import Settings

SIZES = (10, 1_000, 100_000)
# As in a run five minutes after the last.
_SINCE_LAST_RUN = timedelta(minutes=5)
_OPENS_AT = 12

type Costs = Mapping[str, Cost]


@dataclass(frozen=True, slots=True)
class Work:
    """One operation, as far as it could grow."""

    calls: int
    write_units: int
    index_write_units: int
    read_units: float
    bytes_out: int
    bytes_in: int

    @classmethod
    def of(cls, cost: Cost) -> Work:
        return cls(
            calls=len(cost.calls),
            write_units=cost.write_units,
            index_write_units=cost.index_units,
            read_units=cost.read_units,
            bytes_out=cost.request_bytes,
            bytes_in=cost.answer_bytes,
        )


def measure(sizes: Sequence[int] = SIZES) -> tuple[list[Figure], dict[str, Any]]:
    """Every operation at each size, on tables of its own."""
    before, stocked, costs = os.getloadavg(), [], {}
    for size in sizes:
        filled, costs[size] = _at(size)
        stocked.append(asdict(filled))
    work = {name: {size: Work.of(costs[size][name]) for size in sizes} for name in costs[sizes[0]]}
    details = {name: {size: asdict(each) for size, each in by_size.items()} for name, by_size in work.items()}
    return [*figures(work)], {"machine": described(before), "stored": stocked, "operations": details}


def figures(work: Mapping[str, Mapping[int, Work]]) -> Iterator[Figure]:
    """The most over the least, from the size on at which an operation has all that it can look at."""
    known = {reading.name: reading for reading in browsing.readings()}
    for name, by_size in work.items():
        title, reading = f"growth: {name.replace('_', ' ')}", known.get(name)
        full = _from(reading.full_from if reading else browsing.FEW, by_size)
        counts = max(spread([getattr(each, part) for each in full]) for part in _COUNTED)
        note = f"{full[-1].calls} calls, {full[-1].read_units:g} read and {full[-1].write_units} write units"
        yield Figure(f"{title}: calls and units", counts, "ratio", "counted", limits.GROWTH, note=note)
        filled = _from(reading.filled_from if reading else browsing.FEW, by_size)
        moved = spread([each.bytes_out + each.bytes_in for each in filled])
        note = f"{filled[-1].bytes_out} out, {filled[-1].bytes_in} in"
        yield Figure(f"{title}: bytes", moved, "ratio", "counted", limits.GROWTH_OF_BYTES, note=note)


_COUNTED = ("calls", "write_units", "index_write_units", "read_units")


def spread(values: Sequence[float]) -> float:
    """The most over the least; what comes from nothing has grown without bound."""
    least, most = min(values), max(values)
    return most / least if least else (1.0 if most == least else math.inf)


def _from(size: int, by_size: Mapping[int, Work]) -> list[Work]:
    """At least two, to be compared."""
    found = [work for stored, work in by_size.items() if stored >= size]
    if len(found) < 2:
        raise ValueError(f"two sizes of {size} payments or more are needed")
    return found


def _at(size: int) -> tuple[stock.Stocked, Costs]:
    """Reads first: what the purchase leaves behind is not where it was the last time."""
    with tempfile.TemporaryDirectory() as folder:
        clock_file = Path(folder, "clock")
        elsewhere = {"TOLLGATE_CLOCK_FILE": str(clock_file), "FAILED_RECORDS_BUCKET": "none"}
        with open_shop("bench.engine", **elsewhere) as shop:
            storage = open_storage(Settings.from_environment(os.environ))
            opens = _noon()
            filled = stock.fill(storage, shop.deployed.engine.url, size, opens - timedelta(minutes=30))
            _open(shop, storage, clock_file, opens + timedelta(minutes=31))
            done = operations.begin(shop)
            browsing.run(shop, done)
            return filled, {**done.costs, **operations.run(shop).costs}


def _noon() -> datetime:
    """Tomorrow's: far from where a day, an hour or ten minutes end, so that none ends while it is measured."""
    today = datetime.now(UTC).replace(hour=_OPENS_AT, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _open(shop: Shop, storage: Storage, clock_file: Path, now: datetime) -> None:
    """Set every clock, and let the reconciler's sweeps have come as far as a run of five minutes ago leaves them."""
    offset = (now - datetime.now(UTC)).total_seconds()
    clock_file.write_text(str(offset))
    shop.stripe.clock.offset = offset
    runs, now = DynamoRuns(storage.core, storage.unit_of_work), clock_for(str(clock_file)).now()
    runs.advance(SWEEP, now - DELIVERED_WITHIN - _SINCE_LAST_RUN)
    for name, lag in PASSES.items():
        runs.advance(f"sessions:stripe:{name}", now - lag - _SINCE_LAST_RUN)

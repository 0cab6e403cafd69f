"""The counted costs against their limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bench import limits
from bench.counting import Cost
from bench.figures import Figure
from bench.units import KILOBYTE

type Costs = Mapping[str, Cost]


def figures(costs: Costs) -> list[Figure]:
    """Everything that is counted: first what has a limit, then what is reported beside."""
    return [*_held(costs), *_items(costs), *_beside(costs)]


def _held(costs: Costs) -> Iterator[Figure]:
    create, apply = costs["checkout_create"], costs["webhook_apply"]
    yield _calls("checkout create", create, limits.CHECKOUT_CREATE_CALLS)
    yield _units("checkout create", create, limits.CHECKOUT_CREATE_WRITE_UNITS)
    yield _calls("checkout replay", costs["checkout_replay"], limits.CHECKOUT_REPLAY_CALLS)
    for name, calls in (("accept", limits.WEBHOOK_ACCEPT_CALLS), ("duplicate", limits.WEBHOOK_DUPLICATE_CALLS)):
        cost = costs[f"webhook_{name}"]
        stored = max(math.ceil(written.bytes / KILOBYTE) for written in cost.written)
        yield _calls(f"webhook {name}", cost, calls)
        yield _units(f"webhook {name}", cost, stored * limits.WEBHOOK_WRITE_UNITS_PER_STORED_KILOBYTE)
    yield _calls("webhook apply", apply, limits.WEBHOOK_APPLY_CALLS)
    yield _units("webhook apply", apply, limits.WEBHOOK_APPLY_WRITE_UNITS)
    relay = costs["relay_batch"]
    most = math.ceil(relay.bus_entries / limits.RELAY_ENTRIES_PER_CALL)
    note = f"{relay.records} events under {relay.bus_entries} names"
    count = costs["count_batch"]
    yield _calls("count of a batch", count, limits.COUNT_BATCH_CALLS)
    yield _units("count of a batch", count, count.records * limits.COUNT_WRITE_UNITS_PER_EVENT)
    yield Figure("relay of a batch: calls", len(relay.calls), "calls", "counted", most, note=note)


def _calls(name: str, cost: Cost, limit: int) -> Figure:
    return Figure(f"{name}: DynamoDB calls", cost.database_calls, "calls", "counted", limit)


def _units(name: str, cost: Cost, limit: int) -> Figure:
    note = f"beside: {cost.index_units} of indexes, {cost.read_units:g} read, {cost.request_bytes} bytes sent"
    return Figure(f"{name}: write units", cost.write_units, "units", "counted", limit, note=note)


def _items(costs: Costs) -> Iterator[Figure]:
    """What is written in transactions must stay within a kilobyte: past it, each item costs twice."""
    for name in ("checkout_create", "webhook_apply", "count_batch"):
        for kind in sorted({written.kind for written in costs[name].written} - {"provider_event"}):
            size = max(written.bytes for written in costs[name].written if written.kind == kind)
            title = f"{name.replace('_', ' ')}: largest {kind} item"
            yield Figure(title, size, "bytes", "counted", limits.ITEM_BYTES)


def _beside(costs: Costs) -> Iterator[Figure]:
    for name, cost in costs.items():
        title = name.replace("_", " ")
        if name == "checkout_create_first_of_instance":
            yield Figure(f"{title}: AWS calls", len(cost.calls), "calls", "counted", note="secrets, prices, origins")
        if name in ("checkout_replay", "webhook_accept_second_event", "webhook_apply_second_event"):
            yield Figure(f"{title}: write units", cost.write_units, "units", "counted")

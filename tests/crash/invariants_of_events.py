"""What must hold of what is told: all of it, under all its names, and in order. Each yields what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.crash.invariants import always, eventually
from tests.support.crashing_images import Image
from tests.support.crashing_seen import Seen
from tollgate.payments.events import published_as


@eventually
def every_event_is_on_the_bus_under_all_its_names(seen: Seen) -> Iterator[str]:
    told = [(entry.name, entry.envelope) for entry in seen.bus]
    stored = {image["sk_event"]["S"]: image for image in seen.of("event")}
    bodies = {name: _envelopes(seen, name) for name in {image["type"]["S"] for image in stored.values()}}
    for type_, envelopes in bodies.items():
        for envelope in envelopes:
            for name in published_as(type_):
                if (name, envelope) not in told:
                    yield f"{name} of sequence {envelope['sequence']} is not on the bus as it is stored"
    known = [envelope for envelopes in bodies.values() for envelope in envelopes]
    for name, envelope in told:
        if envelope not in known:
            yield f"{name} {envelope['id']} is on the bus, and not stored"


def _envelopes(seen: Seen, type_: str) -> list[Mapping[str, Any]]:
    aggregates = dict.fromkeys(_aggregate(image) for image in seen.of("event"))
    return [event for aggregate in aggregates for event in seen.events(aggregate) if event["type"] == type_]


def _aggregate(event: Image) -> str:
    return str(event["pk"]["S"]).rpartition("#")[2]


@always
def ids_on_the_bus_mean_one_sequence(seen: Seen) -> Iterator[str]:
    meant: dict[str, tuple[str, int]] = {}
    for entry in seen.bus:
        place = (entry.envelope["aggregate"]["id"], entry.envelope["sequence"])
        if meant.setdefault(entry.envelope["id"], place) != place:
            yield f"{entry.envelope['id']} is {meant[entry.envelope['id']]} and {place}"


@always
def the_first_time_is_in_order(seen: Seen) -> Iterator[str]:
    """Of one aggregate. Where the bus itself took later entries of a request and not the first, nobody can keep it."""
    if seen.fault is not None and seen.fault.scrambles:
        return
    last: dict[str, int] = {}
    for entry in seen.bus:
        aggregate, sequence = entry.envelope["aggregate"]["id"], entry.envelope["sequence"]
        if sequence > last.get(aggregate, 0) + 1:
            yield f"{sequence} of {aggregate} came when {last.get(aggregate, 0)} was the last"
        last[aggregate] = max(last.get(aggregate, 0), sequence)

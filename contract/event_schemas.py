"""Each detail type's JSON Schema. A subscriber validates `detail`; an alias carries the event under its own type."""

from __future__ import annotations

from typing import Any

from contract.events import catalog, escrow, findings, gift_cards, groups, payments, payouts, providers, subscriptions
from contract.events.envelope import Aggregate, EventType
from contract.shapes import DIALECT, Instant, Shape, schemas
from tollgate.payments.events import published_as

EVENTS: tuple[EventType, ...] = (
    *payments.EVENTS,
    *payouts.EVENTS,
    *gift_cards.EVENTS,
    *groups.EVENTS,
    *subscriptions.EVENTS,
    *escrow.EVENTS,
    *catalog.EVENTS,
    *findings.EVENTS,
    *providers.EVENTS,
)


class Envelope(Shape):
    """What every event has."""

    id: str
    type: str
    version: int
    tenant: str
    aggregate: Aggregate
    sequence: int
    occurred_at: Instant
    data: dict[str, Any]
    trace: str | None


_SAID = {
    "id": "The same in every delivery, and under every name: drop what you have seen.",
    "version": "Of this schema.",
    "sequence": "Of the aggregate, from 1 on, without gaps. The bus does not keep order; this does.",
    "trace": "What ties the event to the request that caused it.",
}


def event_schemas() -> dict[str, dict[str, Any]]:
    """By detail type, aliases too."""
    return {name: _schema(each, name) for each in EVENTS for name in published_as(each.name)}


def _schema(each: EventType, name: str) -> dict[str, Any]:
    defined = schemas([Envelope, each.data], "#/$defs/{model}")
    envelope = defined.pop("Envelope")
    aggregate = defined.pop("Aggregate")
    properties = {field: dict(schema) for field, schema in envelope["properties"].items()}
    for field, words in _SAID.items():
        properties[field]["description"] = words
    properties["type"] = {"const": each.name}
    properties["version"] |= {"const": 1}
    properties["sequence"] |= {"minimum": 1}
    properties["aggregate"] = {**aggregate, "properties": {"type": {"const": each.aggregate}, "id": {"type": "string"}}}
    properties["data"] = {"$ref": f"#/$defs/{each.data.__name__}"}
    alias = "" if name == each.name else f" The same event as {each.name}, under another name."
    return {
        "$schema": DIALECT,
        "title": name,
        "description": each.means + alias,
        "type": "object",
        "required": envelope["required"],
        "properties": properties,
        "$defs": dict(sorted(defined.items())),
    }

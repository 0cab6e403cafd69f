"""Deliveries over HTTP: what may be asked of them, and how they look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.deliveries.consumers import KEY_PATTERN
from tollgate.deliveries.model import Attempt, Delivery, DeliveryState
from tollgate.deliveries.ports import DeliveriesPage, Wanted
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import FieldError, NotFound
from tollgate.kernel.ids import is_id
from tollgate.runtime.http.queries import ListQuery, list_query

_AGGREGATE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILTERS = ("consumer", "state", "aggregate")


def wanted(parameters: Mapping[str, str], tenant: str, now: datetime) -> tuple[Wanted, ListQuery]:
    """From `consumer`, `state` and `aggregate`, with `limit`, `cursor`, `from` and `to` as in every list."""
    errors: list[FieldError] = []
    consumer, aggregate, state = (parameters.get(name) for name in ("consumer", "aggregate", "state"))
    if consumer is not None and not KEY_PATTERN.fullmatch(consumer):
        errors.append(FieldError("consumer", "the key of a consumer"))
    if aggregate is not None and not _AGGREGATE.fullmatch(aggregate):
        errors.append(FieldError("aggregate", "an id, such as that of a payment"))
    if state is not None and state not in list(DeliveryState):
        errors.append(FieldError("state", f"one of {', '.join(DeliveryState)}"))
        state = None
    query = list_query(parameters, Viewer(tenant, None), now, also=_FILTERS, errors=errors)
    return Wanted(consumer, DeliveryState(state) if state else None, aggregate), query


def named(id_: str) -> str:
    """An id that may be a delivery's; nothing else is looked up."""
    if not is_id("dlv", id_):
        raise NotFound("delivery")
    return id_


def page(found: DeliveriesPage) -> dict[str, Any]:
    """A page of them."""
    return {"deliveries": [delivery(each) for each in found.deliveries], "nextCursor": found.cursor}


def delivery(told: Delivery) -> dict[str, Any]:
    """One of them, with its last attempts."""
    return {
        "id": told.id,
        "consumer": told.consumer,
        "state": told.state.value,
        "event": {
            "id": told.event_id,
            "type": told.type,
            "aggregate": {"type": told.aggregate.type, "id": told.aggregate.id},
            "sequence": told.sequence,
        },
        "tries": told.tries,
        "attempts": [_attempt(each) for each in told.attempts],
        "nextAttemptAt": to_iso(told.try_at) if told.try_at else None,
        "createdAt": to_iso(told.created_at),
        "updatedAt": to_iso(told.updated_at),
    }


def queued(told: Delivery) -> dict[str, Any]:
    """That it will be sent again."""
    return {"id": told.id, "status": "queued"}


def _attempt(told: Attempt) -> dict[str, Any]:
    return {
        "at": to_iso(told.at),
        "status": told.status,
        "error": told.error,
        "durationMs": told.milliseconds,
        "manual": told.by_hand,
    }

"""Events: what happened, frozen as it was at that moment, and queued for delivery in the same transaction."""

import copy
import json
from typing import Any

from local.simulators.stripe import API_VERSION, deliveries
from local.simulators.stripe.current import current
from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Flag, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Items
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "type": Text(), "types": Items(Text(), 20), "delivery_success": Flag()})


def emit(work: Work, event_type: str, subject: Record, previous: Body | None = None) -> Record:
    """Record what happened to `subject` and queue the webhook. `previous` holds the attributes that were replaced.

    What happens on a connected account names it; its webhook goes to the same endpoint.
    """
    data: Body = {"object": copy.deepcopy(subject.body)}
    if previous is not None:
        data["previous_attributes"] = previous
    body: Body = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": work.second,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": work.request_id, "idempotency_key": work.idempotency_key},
        "type": event_type,
    }
    if work.account:
        body["account"] = work.account
    event = work.add("event", body)
    deliveries.enqueue(work, event.id, event_type, json.dumps(body, indent=2, ensure_ascii=False))
    return event


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/events/{id}`."""
    return current(work, work.at_path("event", ids["id"]))


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/events`, newest first."""
    conditions: dict[str, Any] = {}
    types = [*params.get("types", ()), *([params["type"]] if "type" in params else ())]
    if types:
        conditions["json_extract(body, '$.type') IN (SELECT value FROM json_each(?))"] = json.dumps(types)
    if "delivery_success" in params:
        undelivered = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.status != 'delivered')"
        conditions[f"{undelivered} = ?"] = int(not params["delivery_success"])
    return page_of(work, "event", "/v1/events", params, conditions)

"""What became of our events at their consumers, for product backends."""

from __future__ import annotations

from typing import Literal

from contract.operations import LISTED, STRETCH, Operation, Parameter, Who, id_of
from contract.shapes import Answer, Instant
from tollgate.deliveries.model import DeliveryState
from tollgate.deliveries.ports import ConsumerInactive

_FILTERS = (
    Parameter("consumer", "Only this one's: the key of a consumer."),
    Parameter("state", "Only these.", {"type": "string", "enum": list(DeliveryState)}),
    Parameter("aggregate", "Only events about this: the id of a payment, a payout, a gift card."),
)


class DeliveredAggregate(Answer):
    """What the event is about."""

    type: str
    id: str


class DeliveredEvent(Answer):
    """Which event it is; what it says is with the payment, or whatever it is about."""

    id: str
    type: str
    aggregate: DeliveredAggregate
    sequence: int


class DeliveryAttempt(Answer):
    """One try: the status that the consumer answered, or a code for why there is none."""

    at: Instant
    status: int | None
    error: str | None
    duration_ms: int
    manual: bool


class EventDelivery(Answer):
    """One event at one consumer, with its last attempts. `tries` counts all of them."""

    id: str
    consumer: str
    state: DeliveryState
    event: DeliveredEvent
    tries: int
    attempts: list[DeliveryAttempt]
    next_attempt_at: Instant | None
    created_at: Instant
    updated_at: Instant


class EventDeliveries(Answer):
    """Newest first, by the first try."""

    deliveries: list[EventDelivery]
    next_cursor: str | None


class DeliveryQueued(Answer):
    """It will be sent again within seconds."""

    id: str
    status: Literal["queued"]


OPERATIONS = (
    Operation(
        "GET /internal/payments/event-deliveries",
        "listEventDeliveries",
        "Deliveries",
        "List a tenant's deliveries",
        {200: EventDeliveries},
        "Events that were tried at a consumer in the last 30 days. One that waits behind another was not tried yet.",
        who=Who.SERVICES,
        raises=LISTED,
        query=(*STRETCH, *_FILTERS),
        names_tenant=True,
    ),
    Operation(
        "GET /internal/payments/event-deliveries/{id}",
        "getEventDelivery",
        "Deliveries",
        "Show a delivery",
        {200: EventDelivery},
        who=Who.SERVICES,
        path=(id_of("delivery"),),
        names_tenant=True,
    ),
    Operation(
        "POST /internal/payments/event-deliveries/{id}/retry",
        "retryEventDelivery",
        "Deliveries",
        "Send an event again now",
        {202: DeliveryQueued},
        "Whatever became of it, under the same `webhook-id`. One that waits is tried at once, and those behind it "
        "follow; where this try fails too, its schedule goes on as before.",
        who=Who.SERVICES,
        raises=(ConsumerInactive,),
        path=(id_of("delivery"),),
        names_tenant=True,
    ),
)

"""Who reads which provider's events. Apart from the providers' clients, so that what only reads does not load them."""

from __future__ import annotations

from tollgate.adapters.providers.mock.webhooks import MockEvents
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.ports import EventReader


def make_readers() -> dict[str, EventReader]:
    """By the name under which events are stored."""
    return {"stripe": StripeEvents(), "square": SquareEvents(), "mock": MockEvents()}

"""What publishes events."""

from __future__ import annotations

from tollgate.adapters.eventbridge import EventBus
from tollgate.runtime.event_relay import EventRelay
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> EventRelay:
    """The bus of this deployment."""
    return EventRelay(EventBus(settings.event_bus), make_logger(), make_metrics())

"""The mock's webhooks, signed in Stripe's manner."""

from __future__ import annotations

import json

from tollgate.adapters.providers.mock.transformers import report_of
from tollgate.inbox.model import Notice, ProviderEvent
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.kernel.clock import from_iso
from tollgate.kernel.errors import TollgateError


class MockEvents(EventReader):
    """`{"id", "type", "at", "tenant", "payment", "reference", "capture", "amount", "currency"}`."""

    def read(self, event: ProviderEvent) -> Notice | None:
        try:
            told = json.loads(event.payload)
            report = report_of(told, from_iso(told["at"]))
            return Notice(report, told["tenant"], told["payment"], told["reference"]) if report else None
        except (KeyError, TypeError, ValueError, TollgateError) as error:
            raise UnreadableEvent(f"mock event {event.id} lacks {type(error).__name__}") from error

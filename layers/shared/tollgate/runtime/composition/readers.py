"""Who reads which provider's events. Apart from the providers' clients, so that what only reads does not load them; and
each is loaded with its first event, since few deployments sell over all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tollgate.inbox.model import Notice, ProviderEvent
from tollgate.inbox.ports import EventReader
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.payouts.notices import PayoutNotice
from tollgate.runtime.composition.subscribing import (
    make_paypal_agreements,
    make_segpay_subscriptions,
    make_stripe_subscriptions,
)
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.notices import SubscriptionNotice


class LateReader(EventReader):
    """A reader that is made when there is something to read."""

    def __init__(self, make: Callable[[], EventReader]) -> None:
        self._make = make
        self._reader: EventReader | None = None

    def read(self, event: ProviderEvent) -> Notice | PayoutNotice | SubscriptionNotice | None:
        if self._reader is None:
            self._reader = self._make()
        return self._reader.read(event)


def make_readers(settings: Settings, secrets: Secrets, clock: Clock) -> dict[str, EventReader]:
    """By the name under which events are stored."""
    return {
        "stripe": LateReader(lambda: _stripe(settings, secrets, clock)),
        "segpay": LateReader(lambda: _segpay(settings, secrets, clock)),
        "square": LateReader(_square),
        "paypal": LateReader(lambda: _paypal(settings, secrets, clock)),
        "mock": LateReader(_mock),
    }


def _stripe(settings: Settings, secrets: Secrets, clock: Clock) -> EventReader:
    from tollgate.adapters.providers.stripe.webhooks import StripeEvents

    return StripeEvents(lambda: make_stripe_subscriptions(settings, secrets, clock))


def _segpay(settings: Settings, secrets: Secrets, clock: Clock) -> EventReader:
    from tollgate.adapters.providers.segpay.webhooks import SegpayEvents

    return SegpayEvents(secrets, lambda: make_segpay_subscriptions(settings, secrets, clock))


def _square() -> EventReader:
    from tollgate.adapters.providers.square.webhooks import SquareEvents

    return SquareEvents()


def _paypal(settings: Settings, secrets: Secrets, clock: Clock) -> EventReader:
    from tollgate.adapters.providers.paypal.webhooks import PayPalEvents

    agreements = cache(lambda: make_paypal_agreements(settings, secrets, clock))
    return PayPalEvents(agreements)


def _mock() -> EventReader:
    from tollgate.adapters.providers.mock.webhooks import MockEvents

    return MockEvents()

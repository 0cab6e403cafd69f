"""Who reads which provider's events. Apart from the providers' clients, so that what only reads does not load them."""

from __future__ import annotations

from tollgate.adapters.providers.mock.webhooks import MockEvents
from tollgate.adapters.providers.paypal.webhooks import PayPalEvents
from tollgate.adapters.providers.segpay.webhooks import SegpayEvents
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.ports import EventReader
from tollgate.kernel.secrets import Secrets


def make_readers(secrets: Secrets) -> dict[str, EventReader]:
    """By the name under which events are stored."""
    segpay, square, paypal = SegpayEvents(secrets), SquareEvents(), PayPalEvents()
    return {"stripe": StripeEvents(), "segpay": segpay, "square": square, "paypal": paypal, "mock": MockEvents()}

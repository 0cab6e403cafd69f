"""What takes webhooks. Imports no provider's SDK, no pydantic and no HTTP resolver: it must start fast, under a flood
too.
"""

from __future__ import annotations

from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.providers.paypal.certificates import PublishedCertificates
from tollgate.adapters.providers.paypal.door import PayPalDoor
from tollgate.adapters.providers.segpay.door import SegpayDoor
from tollgate.adapters.providers.square.door import SquareDoor
from tollgate.adapters.providers.stripe.signature import StripeDoor
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.inbox.doors import Door
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings
from tollgate.runtime.webhook_receiver import WebhookReceiver


def compose(settings: Settings) -> WebhookReceiver:
    """A door per provider, also of one that takes no new sales: what it sold is refunded and disputed for months. Each
    stays shut until its secret is filled.
    """
    storage = open_storage(settings)
    return WebhookReceiver(
        inbox=DynamoInbox(storage.inbox, storage.unit_of_work),
        secrets=SecretsManagerSecrets(settings.secrets_prefix),
        doors=_doors(settings),
        awaited=_awaited(settings),
        clock=clock_for(settings.clock_file),
        logger=make_logger(),
        metrics=make_metrics(),
    )


def _doors(settings: Settings) -> dict[str, Door]:
    stand_in = settings.paypal_api_base if settings.paypal_test_root else ""
    doors: dict[str, Door] = {
        "stripe": StripeDoor(),
        "segpay": SegpayDoor(settings.segpay_answer),
        "square": SquareDoor(),
        "paypal": PayPalDoor(PublishedCertificates(stand_in), settings.paypal_test_root),
    }
    if settings.mock_enabled:
        doors["mock"] = StripeDoor("mock-signature", event_object=None)
    return doors


def _awaited(settings: Settings) -> frozenset[str]:
    """Those that take new sales, and so must have a secret."""
    switches = {
        "stripe": settings.stripe_enabled,
        "segpay": settings.segpay_enabled,
        "square": settings.square_enabled,
        "paypal": settings.paypal_enabled,
        "mock": settings.mock_enabled,
    }
    return frozenset(name for name, enabled in switches.items() if enabled)

"""What the public and internal HTTP API is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.service import CheckoutDesk
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.payments.ports import PaymentRepository
from tollgate.payments.splitting import RefundOrder
from tollgate.refunds.service import Refunding
from tollgate.routing.desk import RoutingDesk
from tollgate.routing.router import Router
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.providers import make_providers, make_refunds
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.gift_card_terms import gift_card_terms
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class CheckoutApi:
    """The doors of the rooms behind the API, and who may knock."""

    opening: CheckoutOpening
    desk: CheckoutDesk
    refunding: Refunding
    payments: PaymentRepository
    router: Router
    routing: RoutingDesk
    tenants: DynamoTenants
    authenticator: Authenticator
    codes: GiftCardCodes
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> CheckoutApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    ids = SortableIds(clock)
    recording = make_recording(settings, storage, clock, ids)
    providers = make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    return CheckoutApi(
        opening=make_opening(settings, storage, recording, routing, secrets, clock, ids),
        desk=CheckoutDesk(payments=recording.payments, recorder=recording.recorder, ways=routing.ways, clock=clock),
        refunding=Refunding(
            payments=recording.payments,
            recorder=recording.recorder,
            idempotency=DynamoIdempotency(storage.core),
            providers=make_refunds(providers, clock),
            unit_of_work=storage.unit_of_work,
            clock=clock,
            ids=ids,
            order=RefundOrder(settings.refund_order),
        ),
        payments=recording.payments,
        router=routing.router,
        routing=routing.desk,
        tenants=DynamoTenants(storage.core, storage.unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(storage.core, storage.unit_of_work)),
        codes=GiftCardCodes(secrets, gift_card_terms(settings).code_length),
        clock=clock,
    )

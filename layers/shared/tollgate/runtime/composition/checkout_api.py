"""What the public and internal HTTP API is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.parking import DynamoParking
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.seller_sales import DynamoSales
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.service import CheckoutDesk
from tollgate.fees.platform import PlatformFees
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import SortableIds
from tollgate.payments.ports import PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.refunds.service import Refunding
from tollgate.routing.router import Router
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.providers import make_providers, make_refunds, make_router
from tollgate.runtime.composition.storage import Storage, open_storage
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
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings, storage: Storage | None = None) -> CheckoutApi:
    """Wire the API, on storage that is open already where there is any. Makes no call and reads no secret."""
    storage, clock, secrets = (
        storage or open_storage(settings),
        clock_for(settings.clock_file),
        SecretsManagerSecrets(settings.secrets_prefix),
    )
    payments, ids = DynamoPayments(storage.core), SortableIds(clock)
    parked = DynamoParking(storage.inbox, storage.unit_of_work, clock, ids)
    providers = make_providers(settings, secrets, clock)
    router = make_router(settings, providers)
    idempotency = DynamoIdempotency(storage.core)
    opening = CheckoutOpening(
        payments=payments,
        parked=parked,
        idempotency=idempotency,
        catalog=DynamoCatalog(storage.core, storage.unit_of_work),
        fees=PlatformFees(DynamoSales(storage.core), clock),
        router=router,
        providers=providers,
        unit_of_work=storage.unit_of_work,
        clock=clock,
        ids=ids,
    )
    return CheckoutApi(
        opening=opening,
        desk=CheckoutDesk(
            payments=payments, parked=parked, providers=providers, unit_of_work=storage.unit_of_work, clock=clock
        ),
        refunding=Refunding(
            payments=payments,
            recorder=Recorder(payments, parked, storage.unit_of_work, clock),
            idempotency=idempotency,
            providers=make_refunds(providers),
            unit_of_work=storage.unit_of_work,
            clock=clock,
            ids=ids,
        ),
        payments=payments,
        router=router,
        tenants=DynamoTenants(storage.core, storage.unit_of_work),
        authenticator=Authenticator(secrets, DynamoSignatures(storage.core, storage.unit_of_work)),
        clock=clock,
    )

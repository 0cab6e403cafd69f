"""What the admin API is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.adapters.dynamodb.findings import DynamoFindings
from tollgate.adapters.dynamodb.ledger import DynamoProjection
from tollgate.adapters.dynamodb.ledger_reading import DynamoLedgerReader
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.adapters.dynamodb.statistics import DynamoStatistics
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.function_start import FunctionStart
from tollgate.adapters.late_secrets import LateSecrets
from tollgate.checkout.retrying import CheckoutRetry
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import IdFactory, SortableIds
from tollgate.ledger.desk import LedgerDesk
from tollgate.payments.ports import PaymentRepository
from tollgate.reconciliation.desk import ReconciliationDesk
from tollgate.routing.desk import RoutingDesk
from tollgate.runtime.composition import checkout_api
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.settings import Settings
from tollgate.statistics.service import Statistics
from tollgate.subscriptions.retrying import PaymentRetry


@dataclass(frozen=True, slots=True)
class AdminApi:
    """What admins reach beyond their own payments, and who is one."""

    retrying: PaymentRetry
    payments: PaymentRepository
    statistics: Statistics
    reconciliation: ReconciliationDesk
    ledger: LedgerDesk
    routing: RoutingDesk
    reconciler: FunctionStart
    ids: IdFactory
    tenants: DynamoTenants
    authenticator: Authenticator
    clock: Clock


def compose(settings: Settings) -> AdminApi:
    """The checkout API's rooms on one connection, and the statistics. Makes no call and reads no secret."""
    storage = open_storage(settings)
    api = checkout_api.compose(settings, storage)
    recording = make_recording(settings, storage, api.clock, SortableIds(api.clock))
    secrets = LateSecrets(settings.secrets_prefix)
    subscribing = make_subscribing(settings, storage, recording, secrets, api.clock, lambda: api.opening)
    return AdminApi(
        retrying=PaymentRetry(
            api.desk,
            CheckoutRetry(api.desk, api.payments, api.opening),
            subscribing.subscriptions,
            subscribing.collection,
        ),
        payments=api.payments,
        statistics=Statistics(DynamoStatistics(storage.core), storage.unit_of_work, api.clock),
        reconciliation=ReconciliationDesk(
            DynamoFindings(storage.core),
            DynamoRuns(storage.core, storage.unit_of_work),
            storage.unit_of_work,
            api.clock,
        ),
        ledger=LedgerDesk(DynamoLedgerReader(storage.core), DynamoProjection(storage.core), api.clock),
        routing=api.routing,
        reconciler=FunctionStart(settings.reconciler_function),
        ids=SortableIds(api.clock),
        tenants=api.tenants,
        authenticator=api.authenticator,
        clock=api.clock,
    )

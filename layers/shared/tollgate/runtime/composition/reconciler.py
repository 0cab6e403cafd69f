"""What finds and mends what fell through: all rooms of the money path, as their own functions have them."""

from __future__ import annotations

from tollgate.adapters.archive import BucketArchive
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.due import DynamoDueList
from tollgate.adapters.dynamodb.event_log import DynamoEventLog
from tollgate.adapters.dynamodb.findings import DynamoFindings
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.dynamodb.parking import DynamoParking
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.adapters.eventbridge import EventBus
from tollgate.adapters.republisher import BusPublisher
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.opening import CheckoutOpening
from tollgate.inbox.service import InboxService
from tollgate.kernel.ids import SortableIds
from tollgate.payments.recording import Recorder
from tollgate.reconciliation.delivery import Delivery
from tollgate.reconciliation.notes import OnFailure
from tollgate.reconciliation.open_payments import OpenPayments
from tollgate.reconciliation.provider_sessions import ProviderSessions
from tollgate.reconciliation.service import Reconciler
from tollgate.reconciliation.unfinished_requests import UnfinishedRequests
from tollgate.reconciliation.waiting_events import WaitingEvents
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.providers import make_providers, make_router
from tollgate.runtime.composition.readers import make_readers
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.reconciler import ReconcilerFunction, failures_to
from tollgate.runtime.settings import Settings


def compose(settings: Settings) -> ReconcilerFunction:
    """Makes no call and reads no secret."""
    ids, logger = SortableIds(clock_for(settings.clock_file)), make_logger()
    return ReconcilerFunction(_reconciler(settings, ids, failures_to(logger)), ids, logger, make_metrics())


def _reconciler(settings: Settings, ids: SortableIds, on_failure: OnFailure) -> Reconciler:
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    unit_of_work = storage.unit_of_work
    payments, runs = DynamoPayments(storage.core), DynamoRuns(storage.core, unit_of_work)
    parked = DynamoParking(storage.inbox, unit_of_work, clock, ids)
    inbox, idempotency = DynamoInbox(storage.inbox, unit_of_work), DynamoIdempotency(storage.core)
    providers = make_providers(settings, SecretsManagerSecrets(settings.secrets_prefix), clock)
    recorder = Recorder(payments, parked, unit_of_work, clock)
    opening = CheckoutOpening(
        payments=payments,
        parked=parked,
        idempotency=idempotency,
        catalog=DynamoCatalog(storage.core, unit_of_work),
        router=make_router(settings, providers),
        providers=providers,
        unit_of_work=unit_of_work,
        clock=clock,
        ids=ids,
    )
    service = InboxService(
        inbox=inbox,
        payments=payments,
        parked=parked,
        readers=make_readers(),
        unit_of_work=unit_of_work,
        clock=clock,
    )
    return Reconciler(
        due=DynamoDueList(storage.core, storage.inbox),
        findings=DynamoFindings(storage.core),
        runs=runs,
        requests=UnfinishedRequests(idempotency, opening, clock),
        payments=OpenPayments(payments, providers, recorder, unit_of_work, clock),
        events=WaitingEvents(inbox, service, BucketArchive(settings.failed_records_bucket), unit_of_work, clock),
        delivery=Delivery(DynamoEventLog(storage.core), BusPublisher(EventBus(settings.event_bus)), runs, clock),
        sessions=ProviderSessions(payments, providers, recorder, runs, clock),
        unit_of_work=unit_of_work,
        clock=clock,
        on_failure=on_failure,
    )

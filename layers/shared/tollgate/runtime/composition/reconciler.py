"""What finds and mends what fell through: all rooms of the money path, as their own functions have them."""

from __future__ import annotations

from tollgate.adapters.archive import BucketArchive
from tollgate.adapters.delivery_wakes import SqsWakes
from tollgate.adapters.dynamodb.due import DynamoDueList
from tollgate.adapters.dynamodb.escrows import DynamoEscrows
from tollgate.adapters.dynamodb.event_log import DynamoEventLog
from tollgate.adapters.dynamodb.findings import DynamoFindings
from tollgate.adapters.dynamodb.gift_cards import DynamoGiftCards
from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.dynamodb.lanes import DynamoLanes
from tollgate.adapters.dynamodb.ledger import DynamoJournal
from tollgate.adapters.dynamodb.payouts import DynamoPayouts
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.adapters.dynamodb.sellers import DynamoSellers
from tollgate.adapters.dynamodb.sold_things import DynamoSoldThings
from tollgate.adapters.eventbridge import EventBus
from tollgate.adapters.republisher import BusPublisher
from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.checkout.holds import Holds
from tollgate.checkout.service import CheckoutDesk
from tollgate.escrow.returning import EscrowReturns
from tollgate.escrow.settling import EscrowDesk
from tollgate.gift_cards.expiry import GiftCardExpiry
from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.returning import GroupReturns
from tollgate.group_payments.taking import GroupHolds
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.ids import SortableIds
from tollgate.payments.splitting import RefundOrder
from tollgate.payouts.notices import PayoutNotices
from tollgate.payouts.resolving import PayoutResolver
from tollgate.reconciliation.delivery import Delivery
from tollgate.reconciliation.due_escrows import DueEscrows
from tollgate.reconciliation.due_gift_cards import DueGiftCards
from tollgate.reconciliation.due_groups import DueGroups
from tollgate.reconciliation.due_subscriptions import DueSubscriptions
from tollgate.reconciliation.notes import OnFailure
from tollgate.reconciliation.open_payments import OpenPayments
from tollgate.reconciliation.provider_sessions import ProviderSessions
from tollgate.reconciliation.service import Reconciler
from tollgate.reconciliation.settlements import Settlements
from tollgate.reconciliation.stuck_lanes import StuckLanes
from tollgate.reconciliation.unfinished_requests import UnfinishedRequests
from tollgate.reconciliation.unsure_payouts import UnsurePayouts
from tollgate.reconciliation.unsure_refunds import UnsureRefunds
from tollgate.reconciliation.waiting_events import WaitingEvents
from tollgate.refunds.returning import Returning
from tollgate.refunds.service import Refunding
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.checkouts import make_opening
from tollgate.runtime.composition.payout_recording import make_payout_recorder
from tollgate.runtime.composition.payouts import make_paying_out
from tollgate.runtime.composition.providers import (
    make_owners,
    make_payouts,
    make_providers,
    make_refunds,
)
from tollgate.runtime.composition.readers import make_readers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.routing import make_routing
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
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
    runs, recording = DynamoRuns(storage.core, unit_of_work), make_recording(settings, storage, clock, ids)
    payments, recorder = recording.payments, recording.recorder
    inbox, idempotency = DynamoInbox(storage.inbox, unit_of_work), DynamoIdempotency(storage.core)
    secrets = SecretsManagerSecrets(settings.secrets_prefix)
    providers = make_providers(settings, secrets, clock)
    routing = make_routing(settings, storage, providers, clock, ids)
    opening = make_opening(settings, storage, recording, routing, secrets, clock, ids)
    refunding = Refunding(
        payments=payments,
        recorder=recorder,
        idempotency=idempotency,
        providers=make_refunds(providers, clock),
        unit_of_work=unit_of_work,
        clock=clock,
        ids=ids,
        order=RefundOrder(settings.refund_order),
    )
    payouts, payout_recorder = DynamoPayouts(storage.core), make_payout_recorder(storage, clock)
    payout_providers = make_payouts(providers)
    paying_out = make_paying_out(settings, storage, payout_recorder, payout_providers, clock)
    subscribing = make_subscribing(settings, storage, recording, secrets, clock, lambda: opening)
    service = InboxService(
        inbox=inbox,
        payments=payments,
        recorder=recorder,
        readers=make_readers(settings, secrets, clock),
        unit_of_work=unit_of_work,
        clock=clock,
        owners=make_owners(providers),
        listeners=Listeners(
            PayoutNotices(payouts, payout_recorder),
            subscribing.notices,
            Holds(routing.ways.charges, recorder, clock).let_go_late,
        ),
    )
    groups, returning = DynamoGroups(storage.core), Returning(payments, refunding)
    desk = CheckoutDesk(payments=payments, recorder=recorder, ways=routing.ways, clock=clock)
    cards = DynamoGiftCards(storage.core)
    journal, escrows = DynamoJournal(storage.core), DynamoEscrows(storage.core)
    expiry = GiftCardExpiry(cards, journal, unit_of_work, clock)
    escrow_desk = EscrowDesk(escrows, DynamoSoldThings(storage.core), journal, unit_of_work, clock)
    returns = EscrowReturns(escrows, Returning(payments, refunding))
    return Reconciler(
        due=DynamoDueList(storage.core, storage.inbox),
        findings=DynamoFindings(storage.core),
        runs=runs,
        requests=UnfinishedRequests(idempotency, opening, refunding, paying_out, clock),
        payments=OpenPayments(payments, routing.ways, recorder, returning, unit_of_work, clock),
        refunds=UnsureRefunds(payments, refunding, recorder, unit_of_work, clock),
        settlements=Settlements(
            payments, make_refunds(providers, clock), DynamoSellers(storage.core), recorder, unit_of_work, clock
        ),
        payouts=UnsurePayouts(payouts, PayoutResolver(payout_providers, clock), payout_recorder, unit_of_work, clock),
        gift_cards=DueGiftCards(cards, expiry, unit_of_work, clock),
        escrows=DueEscrows(escrows, escrow_desk, returns, unit_of_work, clock),
        subscriptions=DueSubscriptions(
            subscribing.subscriptions,
            subscribing.recorder,
            subscribing.providers,
            subscribing.dunning,
            unit_of_work,
            clock,
        ),
        groups=DueGroups(
            groups,
            GroupDeadline(groups, unit_of_work, clock),
            GroupHolds(groups, payments, Holds(routing.ways.charges, recorder, clock), desk),
            GroupReturns(groups, returning, desk),
            unit_of_work,
            clock,
        ),
        events=WaitingEvents(inbox, service, BucketArchive(settings.failed_records_bucket), unit_of_work, clock),
        lanes=StuckLanes(DynamoLanes(storage.core), SqsWakes(settings.delivery_wakes), unit_of_work, clock),
        delivery=Delivery(DynamoEventLog(storage.core), BusPublisher(EventBus(settings.event_bus)), runs, clock),
        sessions=ProviderSessions(payments, providers, recorder, runs, clock),
        unit_of_work=unit_of_work,
        clock=clock,
        on_failure=on_failure,
    )

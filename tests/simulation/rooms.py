"""The composition: every room on the store in memory, with the providers over their books. Functions' own compositions
do the same with the real adapters (`runtime/composition`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial

from tests.simulation.charge_adapters import SimulatedCharges
from tests.simulation.holding import furnish, make_holding, what_is_held
from tests.simulation.plan_books import PlanBooks
from tests.simulation.provider_books import SimulatedEvent
from tests.simulation.store import FaultyBus, FaultyUnitOfWork
from tests.simulation.stripe_adapters import SimulatedCheckouts, SimulatedPayouts, SimulatedRefunds
from tests.simulation.subscribing import make_subscribing
from tests.support.builders import a_pricing_item, usd
from tests.support.fakes import CountingIds, MemorySecrets
from tests.support.memory.deliveries import MemoryWakes
from tests.support.stores import InMemory
from tests.support.without_tenders import plain_router
from tollgate.adapters.providers.balance.client import BalanceProvider
from tollgate.adapters.providers.balance.refunds import BalanceRefunds
from tollgate.adapters.providers.owners import ProviderOwners
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.checkout.charge_ports import ChargeProvider
from tollgate.checkout.drafting import BALANCE, Drafting
from tollgate.checkout.holds import Holds
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import CheckoutProvider
from tollgate.checkout.retrying import CheckoutRetry
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.ways import Charges, Pages, Ways
from tollgate.fees.platform import PlatformFees
from tollgate.gift_cards.codes import SECRET, GiftCardCodes
from tollgate.gift_cards.consequences import GiftCardConsequences
from tollgate.gift_cards.desk import GiftCardDesk
from tollgate.gift_cards.expiry import GiftCardExpiry
from tollgate.gift_cards.looking import GiftCardLookup
from tollgate.gift_cards.purchasing import GiftCardPurchase
from tollgate.gift_cards.spending import GiftCardSpending
from tollgate.gift_cards.tendering import GiftCardTendering
from tollgate.gift_cards.terms import Amounts, GiftCardTerms
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.clock import FixedClock, from_iso
from tollgate.kernel.money import Money
from tollgate.ledger.projecting import Projector
from tollgate.payments.recording import AllConsequences, Recorder
from tollgate.payments.splitting import RefundOrder
from tollgate.payouts.model import Seller, SellerRisk
from tollgate.payouts.notices import PayoutNotices
from tollgate.payouts.recording import PayoutRecorder
from tollgate.payouts.resolving import PayoutResolver
from tollgate.payouts.service import PayingOut
from tollgate.reconciliation.delivery import Delivery
from tollgate.reconciliation.due_escrows import DueEscrows
from tollgate.reconciliation.due_gift_cards import DueGiftCards
from tollgate.reconciliation.due_groups import DueGroups
from tollgate.reconciliation.due_subscriptions import DueSubscriptions
from tollgate.reconciliation.open_payments import OpenPayments
from tollgate.reconciliation.ports import PublishedEvent
from tollgate.reconciliation.provider_sessions import ProviderSessions
from tollgate.reconciliation.service import Reconciler
from tollgate.reconciliation.settlements import Settlements
from tollgate.reconciliation.stuck_lanes import StuckLanes
from tollgate.reconciliation.unfinished_requests import UnfinishedRequests
from tollgate.reconciliation.unsure_payouts import UnsurePayouts
from tollgate.reconciliation.unsure_refunds import UnsureRefunds
from tollgate.reconciliation.waiting_events import WaitingEvents
from tollgate.refunds.ports import RefundProvider
from tollgate.refunds.service import Refunding
from tollgate.statistics.model import OUTCOME_OF, Occurrence
from tollgate.statistics.service import Statistics
from tollgate.subscriptions.consequences import SubscriptionConsequences
from tollgate.subscriptions.retrying import PaymentRetry

# Who takes money, the preferred one first; and who pays it out.
PROVIDERS, PAYS_OUT = ("stripe", "square"), "stripe"
# What is sold, in minor units: dear enough for a payout, cheap, and in a currency without minor units.
TENANTS, BUYERS, SELLERS = ("demo", "acme"), ("ann", "ben"), ("ven_1", "ven_2")
PRICES = (usd(25_000), usd(900), Money(30_001, "JPY"), usd(12_345))
# Cards expire within many a history, and are not worth any price exactly.
TERMS = GiftCardTerms(expiry_days=20, amounts={"USD": Amounts((1_000, 10_001, 40_000)), "JPY": Amounts(highest=50_000)})


class Rooms:
    """Every room, and the store behind them."""

    def __init__(self, clock: FixedClock, books: Mapping[str, PlanBooks]) -> None:
        self.clock, self.books, self.ids, self.bus = clock, books, CountingIds(), FaultyBus()
        self.stored = stored = InMemory(make_unit_of_work=FaultyUnitOfWork)
        self.unit_of_work = stored.unit_of_work
        for number, price in enumerate(PRICES):
            stored.catalog.put(a_pricing_item(code_of(number), unit=price))
        # One seller of each tenant can be paid out from the start; for the others somebody says so later, or never.
        for tenant in TENANTS:
            self.unit_of_work.commit(stored.sellers.put(seller_of(tenant, SELLERS[0])))
        self.checkouts = {name: SimulatedCheckouts(each) for name, each in books.items()}
        self.refunds = {name: SimulatedRefunds(each) for name, each in books.items()}
        self.payouts = {PAYS_OUT: SimulatedPayouts(books[PAYS_OUT])}
        balance = BalanceProvider(clock)
        self.asked: dict[str, CheckoutProvider] = {**self.checkouts, BALANCE: balance}
        charged: dict[str, ChargeProvider] = {name: SimulatedCharges(each) for name, each in books.items()}
        self.ways = Ways(Pages(self.asked), Charges({**charged, BALANCE: balance}))
        self.refunded: dict[str, RefundProvider] = {**self.refunds, BALANCE: BalanceRefunds()}
        of_cards = GiftCardConsequences(stored.gift_cards, stored.credits, stored.journal, TERMS.expiry_days)
        of_plans = SubscriptionConsequences(stored.subscriptions, stored.payments)
        consequences = AllConsequences(of_cards, of_plans, *what_is_held(stored))
        self.recorder = Recorder(stored.payments, stored.parking, consequences, self.unit_of_work, clock)
        self.fees = PlatformFees(stored.sales, clock)
        self.secrets = MemorySecrets({SECRET: {"keys": ["the first of the keys"]}})
        self.codes = GiftCardCodes(self.secrets, TERMS.code_length)
        self.lookup = GiftCardLookup(stored.gift_cards, stored.guesses, self.codes, clock)
        self._checkout()
        self._gift_cards()
        self._money_out()
        furnish(stored, self.unit_of_work, TENANTS)
        self.holding = make_holding(stored, self.opening, self.desk, self.refunding, self.ways, self.recorder, clock)
        self._what_is_told()
        self._reconciliation()

    def _checkout(self) -> None:
        stored = self.stored
        drafting = Drafting(
            catalog=stored.catalog,
            fees=self.fees,
            router=plain_router(*(each.offer for each in self.checkouts.values())),
            ways=self.ways,
            tendering=GiftCardTendering(self.lookup, stored.gift_cards, stored.credits, self.clock),
            clock=self.clock,
        )
        self.opening = CheckoutOpening(
            payments=stored.payments,
            parked=stored.parking,
            idempotency=stored.idempotency,
            drafting=drafting,
            recorder=self.recorder,
            ways=self.ways,
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self.ids,
        )
        self.desk = CheckoutDesk(payments=stored.payments, recorder=self.recorder, ways=self.ways, clock=self.clock)
        self.subscribing = make_subscribing(stored, self.books, self.opening, self.desk, self.clock)
        pages = CheckoutRetry(self.desk, stored.payments, self.opening)
        self.retrying = PaymentRetry(self.desk, pages, stored.subscriptions, self.subscribing.collection)

    def _gift_cards(self) -> None:
        stored, cards, unit_of_work, clock = self.stored, self.stored.gift_cards, self.unit_of_work, self.clock
        self.gift_card_purchase = GiftCardPurchase(self.opening, cards, self.codes, TERMS, clock)
        self.gift_card_desk = GiftCardDesk(self.lookup, cards, stored.credits, unit_of_work, clock)
        self.gift_card_spending = GiftCardSpending(
            lookup=self.lookup,
            cards=cards,
            credit=stored.credits,
            journal=stored.journal,
            idempotency=stored.idempotency,
            unit_of_work=unit_of_work,
            clock=clock,
            vote_multiplier=TERMS.vote_multiplier,
        )

    def _money_out(self) -> None:
        stored = self.stored
        # A deployment has one order, which somebody may change.
        self.refunding_by = {order: self._refunding(order) for order in RefundOrder}
        self.refunding = self.refunding_by[RefundOrder.CARD_FIRST]
        self.payout_recorder = PayoutRecorder(
            stored.payouts, stored.journal, stored.limited, self.unit_of_work, self.clock
        )
        self.paying_out = PayingOut(
            payouts=stored.payouts,
            sellers=stored.sellers,
            recorder=self.payout_recorder,
            idempotency=stored.idempotency,
            providers=self.payouts,
            provider=PAYS_OUT,
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self.ids,
        )

    def _refunding(self, order: RefundOrder) -> Refunding:
        return Refunding(
            payments=self.stored.payments,
            recorder=self.recorder,
            idempotency=self.stored.idempotency,
            providers=self.refunded,
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self.ids,
            order=order,
        )

    def _what_is_told(self) -> None:
        stored = self.stored
        readers = {name: StripeEvents(partial(self.subscribing.asked.__getitem__, name)) for name in PROVIDERS}
        # As in `inbox_consumer`: whose a charge is, only the reconciler asks, and it alone has late holds let go.
        holds = Holds(self.ways.charges, self.recorder, self.clock)
        self.inbox, self.asking_inbox = (
            InboxService(
                inbox=stored.inbox,
                payments=stored.payments,
                recorder=self.recorder,
                readers=readers,
                unit_of_work=self.unit_of_work,
                clock=self.clock,
                owners=owners,
                listeners=Listeners(
                    PayoutNotices(stored.payouts, self.payout_recorder), self.subscribing.notices, let_go
                ),
            )
            for owners, let_go in (
                (None, None),
                (ProviderOwners({name: each.owner_of for name, each in self.checkouts.items()}), holds.let_go_late),
            )
        )
        self.projector = Projector(stored.projection, self.unit_of_work)
        self.statistics = Statistics(stored.statistics, self.unit_of_work, self.clock)

    def _reconciliation(self) -> None:
        stored, clock, unit_of_work = self.stored, self.clock, self.unit_of_work
        providers, cards, subscribing = self.asked, stored.gift_cards, self.subscribing
        resolver = PayoutResolver(self.payouts, clock)
        holding, resale = self.holding, stored.resale
        self.troubles: list[tuple[str, Exception]] = []
        self.reconciler = Reconciler(
            due=stored.due,
            findings=stored.findings,
            runs=stored.runs,
            requests=UnfinishedRequests(stored.idempotency, self.opening, self.refunding, self.paying_out, clock),
            payments=OpenPayments(stored.payments, self.ways, self.recorder, holding.returning, unit_of_work, clock),
            refunds=UnsureRefunds(stored.payments, self.refunding, self.recorder, unit_of_work, clock),
            settlements=Settlements(stored.payments, self.refunded, stored.sellers, self.recorder, unit_of_work, clock),
            gift_cards=DueGiftCards(
                cards, GiftCardExpiry(cards, stored.journal, unit_of_work, clock), unit_of_work, clock
            ),
            escrows=DueEscrows(resale.escrows, holding.escrows, holding.escrow_returns, unit_of_work, clock),
            subscriptions=DueSubscriptions(
                stored.subscriptions,
                subscribing.recorder,
                subscribing.providers,
                subscribing.dunning,
                unit_of_work,
                clock,
            ),
            groups=DueGroups(
                stored.groups, holding.deadline, holding.group_holds, holding.group_returns, unit_of_work, clock
            ),
            payouts=UnsurePayouts(stored.payouts, resolver, self.payout_recorder, unit_of_work, clock),
            events=WaitingEvents(stored.inbox, self.asking_inbox, stored.archive, unit_of_work, clock),
            lanes=StuckLanes(stored.lanes, MemoryWakes(), unit_of_work, clock),
            delivery=Delivery(stored.event_log, self.bus, stored.runs, clock),
            sessions=ProviderSessions(stored.payments, providers, self.recorder, stored.runs, clock),
            unit_of_work=unit_of_work,
            clock=clock,
            on_failure=lambda what, error: self.troubles.append((what, error)),
        )

    def accept(self, event: SimulatedEvent) -> bool:
        """As the webhook's function does."""
        told = ProviderEvent(event.provider, event.id, event.type, event.payload, self.clock.now())
        return self.stored.inbox.accept(told)

    def count(self, published: Sequence[PublishedEvent]) -> None:
        """As the subscriber that counts does."""
        followed = [each for each in published if each.type in OUTCOME_OF]
        if followed:
            self.statistics.count([_occurrence(each) for each in followed])


def seller_of(tenant: str, id_: str, risk: SellerRisk = SellerRisk.STANDARD) -> Seller:
    """With an account at the provider."""
    return Seller(tenant, id_, f"acct_{tenant}_{id_}", risk)


def code_of(number: int) -> str:
    return f"item_{number}"


def _occurrence(event: PublishedEvent) -> Occurrence:
    envelope = json.loads(event.body)
    data = envelope["data"]
    return Occurrence(
        tenant=event.tenant,
        payment_id=event.aggregate_id,
        sequence=event.sequence,
        type=event.type,
        created_at=from_iso(data["created_at"]),
        amount=Money(data["amount"], data["currency"]),
        occurred_at=from_iso(envelope["occurred_at"]),
    )

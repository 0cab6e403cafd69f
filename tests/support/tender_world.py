"""Checkouts that are paid with gift cards and credit, on fakes, with a provider whose answers a test writes."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.support.builders import a_pricing_item
from tests.support.checkout_world import ScriptedProvider, a_wish
from tests.support.fakes import CountingIds, ScriptedSales
from tests.support.gift_cards import CardWorld
from tests.support.stores import InMemory
from tests.support.without_tenders import pages_of, plain_router
from tollgate.adapters.providers.balance.client import BalanceProvider
from tollgate.adapters.providers.balance.refunds import BalanceRefunds
from tollgate.adapters.providers.mock.refunds import MockRefunds
from tollgate.checkout.drafting import Drafting
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import CheckoutProvider, CheckoutRequest
from tollgate.checkout.presentation import present
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.tendering import TenderWish
from tollgate.fees.platform import PlatformFees
from tollgate.gift_cards.consequences import GiftCardConsequences
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import customer_of
from tollgate.gift_cards.purchasing import BuyGiftCard, GiftCardPurchase
from tollgate.gift_cards.tendering import GiftCardTendering
from tollgate.gift_cards.terms import Amounts, GiftCardTerms
from tollgate.kernel.idempotency import Response
from tollgate.ledger.model import JournalEntry
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import Recorded, Recorder
from tollgate.payments.splitting import RefundOrder
from tollgate.refunds.service import CreateRefund, MayRefund, Refunding

BUYER = "user-2"
TERMS = GiftCardTerms(amounts={"USD": Amounts((2_500, 5_000, 10_000, 25_000))})


@dataclass
class TenderWorld:
    """One deployment in memory, whose buyers have cards and credit. Two tickets cost 50.00."""

    cards: CardWorld = field(default_factory=CardWorld)
    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    terms: GiftCardTerms = TERMS
    _names: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        store, clock = self.store, self.cards.clock
        store.catalog.put(a_pricing_item())
        consequences = GiftCardConsequences(store.gift_cards, store.credits, store.journal, self.terms.expiry_days)
        self.recorder = Recorder(store.payments, store.parking, consequences, store.unit_of_work, clock)
        self.providers: dict[str, CheckoutProvider] = {"stripe": self.provider, "balance": BalanceProvider(clock)}
        self.ways = pages_of(self.providers)
        self.drafting = Drafting(
            catalog=store.catalog,
            fees=PlatformFees(ScriptedSales(), clock),
            router=plain_router(self.provider.offer),
            ways=self.ways,
            tendering=GiftCardTendering(self.cards.lookup, store.gift_cards, store.credits, clock),
            clock=clock,
        )
        self.opening = CheckoutOpening(
            payments=store.payments,
            parked=store.parking,
            idempotency=store.idempotency,
            drafting=self.drafting,
            recorder=self.recorder,
            ways=self.ways,
            unit_of_work=store.unit_of_work,
            clock=clock,
            ids=CountingIds(),
        )
        self.desk = CheckoutDesk(payments=store.payments, recorder=self.recorder, ways=self.ways, clock=clock)
        self.purchase = GiftCardPurchase(self.opening, store.gift_cards, self.cards.codes, self.terms, clock)

    @property
    def store(self) -> InMemory:
        assert isinstance(self.cards.store, InMemory)
        return self.cards.store

    # --- what buyers do ---

    def sold(self, amount: int = 10_000, **fields: Any) -> tuple[TenderWish, GiftCard]:
        """A way to pay with a new card of this amount."""
        name = str(next(self._names))
        _, card = self.cards.sold(name, amount, **fields)
        return TenderWish(f"tenders.{name}.code", (card.id,)), card

    def give_credit(self, amount: int, user: str = BUYER) -> TenderWish:
        customer = customer_of("demo", user)
        self.store.unit_of_work.commit(self.store.credits.add("demo", "USD", customer, amount))
        return TenderWish("tenders.0")

    def credit(self, user: str = BUYER) -> int:
        return self.cards.desk.credit("demo", user, "USD")

    def open(self, *tenders: TenderWish, key: str | None = None, **fields: Any) -> Response:
        """A checkout that is paid with these first."""
        body = {"tenders": [[each.cards, each.amount] for each in tenders]}
        wish = a_wish(key=key or str(uuid.uuid4()), owner=BUYER, tenders=tenders, body=body, **fields)
        return self.opening.create(wish, present)

    def opened(self, *tenders: TenderWish, **fields: Any) -> Payment:
        answer = self.open(*tenders, **fields)
        assert answer.status == 201, answer.body
        return self.payment(json.loads(answer.body)["id"])

    def drafted(self, *tenders: TenderWish) -> Payment:
        """A checkout whose request died after its first transaction."""
        wish = a_wish(key=str(uuid.uuid4()), owner=BUYER, tenders=tenders)
        draft = self.drafting.draft(wish, "f" * 22)
        self.store.unit_of_work.commit(*self.store.payments.create(draft.opened), *draft.beside)
        return draft.opened.payment

    def buy(self, amount: int = 5_000, key: str | None = None, **fields: Any) -> Response:
        """A card for a friend."""
        return self.purchase.buy(self.wish(amount, key, **fields))

    def wish(self, amount: int = 5_000, key: str | None = None, **fields: Any) -> BuyGiftCard:
        wish: dict[str, Any] = {
            "tenant": "demo",
            "owner": "user-1",
            "key": key or str(uuid.uuid4()),
            "body": {"amount": amount},
            "amount": amount,
            "currency": "USD",
            "recipient_email": "friend@example.com",
            "request": CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart"),
            "method": "card",
        }
        return BuyGiftCard(**(wish | fields))

    def bought(self, amount: int = 5_000) -> tuple[Payment, GiftCard]:
        """A card that waits for its money, with its payment."""
        shown = json.loads(self.buy(amount).body)
        return self.payment(shown["id"]), self.card(shown["giftCardId"])

    # --- what becomes of it ---

    def record(self, payment: Payment, report: Report) -> Recorded:
        return self.recorder.record(self.payment(payment.id), report)

    def refund(self, payment: Payment, order: RefundOrder = RefundOrder.CARD_FIRST, **fields: Any) -> Response:
        refunding = Refunding(
            payments=self.store.payments,
            recorder=self.recorder,
            idempotency=self.store.idempotency,
            providers={"stripe": MockRefunds(), "balance": BalanceRefunds()},
            unit_of_work=self.store.unit_of_work,
            clock=self.cards.clock,
            ids=CountingIds(),
            order=order,
        )
        wish: dict[str, Any] = {
            "allowed": MayRefund("demo", None),
            "caller": "boss",
            "payment_id": payment.id,
            "key": str(uuid.uuid4()),
            "body": {},
        }
        return refunding.create(CreateRefund(**(wish | fields)))

    def posted(self) -> list[tuple[JournalEntry, dict[str, int]]]:
        """Every entry, with what it moved."""
        entries = [each.entry for each in self.store.store.of("journal")]
        return [(each, {posting.account: posting.amount for posting in each.postings}) for each in entries]

    def owed_on_cards(self) -> int:
        return sum(moved.get("gift_card_liability", 0) for _, moved in self.posted())

    def payment(self, id_: str) -> Payment:
        found = self.store.payments.get(PaymentKey("demo", id_))
        assert found is not None
        return found

    def card(self, id_: str) -> GiftCard:
        return self.cards.card(id_)

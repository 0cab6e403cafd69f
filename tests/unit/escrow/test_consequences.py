"""What a payment of an escrow does to it, in the payment's own transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOW
from tests.support.resale import PRICE, RATES, WINDOW, after, an_escrow, being_sold
from tests.support.stores import InMemory
from tollgate.escrow.consequences import EscrowConsequences
from tollgate.escrow.errors import EscrowNotFound
from tollgate.escrow.model import Escrow, State
from tollgate.kernel.clock import FixedClock
from tollgate.ledger.rules_of_deposits import escrow_released
from tollgate.marketplace.model import State as ListingState
from tollgate.payments.deposits import UNWANTED, Deposit, DepositKind
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Capture, LineItem, Payment, Report, open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import AllConsequences, Recorder

SELLER = an_escrow().seller_account


class World:
    """A payment and the escrow that it pays into."""

    def __init__(self) -> None:
        self.store, self.clock = InMemory(), FixedClock(NOW)
        resale = self.store.resale
        self.consequences = EscrowConsequences(resale.escrows, resale.sold, WINDOW)
        self.recorder = Recorder(
            self.store.payments,
            self.store.parking,
            AllConsequences(self.consequences),
            self.store.unit_of_work,
            self.clock,
        )
        opened = being_sold(self.store)
        draft = Payment(
            id=opened.payment,
            tenant="demo",
            owner=opened.buyer,
            amount=PRICE,
            items=(LineItem("resale_ticket", "Concert", 1, PRICE),),
            method="card",
            provider="stripe",
            route="only",
            state=PaymentState.PENDING,
            version=0,
            created_at=NOW,
            updated_at=NOW,
            fingerprint="f" * 64,
            seller=SELLER,
            fee=750,
            provider_fee=465,
            direct=True,
            deposit=Deposit(DepositKind.ESCROW, opened.id, royalties=1_500),
        )
        self.store.unit_of_work.commit(*self.store.payments.create(open_payment(draft, None)))
        self.id = opened.id

    @property
    def payment(self) -> Payment:
        found = self.store.payments.get(PaymentKey("demo", an_escrow().payment))
        assert found is not None
        return found

    @property
    def escrow(self) -> Escrow:
        found = self.store.resale.escrows.get("demo", self.id)
        assert found is not None
        return found

    @property
    def listing(self) -> ListingState:
        found = self.store.resale.listings.get("demo", an_escrow().listing)
        assert found is not None
        return found.state

    def report(self, fact: Fact, **more: object) -> Meaning:
        return self.recorder.record(self.payment, Report(fact, self.clock.now(), **more)).meaning  # type: ignore[arg-type]

    def captured(self, name: str = "pi_1", at: datetime = NOW) -> Meaning:
        return self.report(Fact.CAPTURED, capture=Capture(name, PRICE, at))


@pytest.fixture
def world() -> World:
    return World()


def test_the_money_funds_it_and_sells_the_listing(world: World) -> None:
    assert world.captured() is Meaning.MOVE
    assert (world.escrow.state, world.escrow.deadline, world.listing) == (
        State.FUNDED,
        NOW + WINDOW,
        ListingState.SOLD,
    )
    assert world.captured() is Meaning.REPEAT
    assert world.escrow.revision == 2


@pytest.mark.parametrize("fact", [Fact.FAILED, Fact.CANCELLED])
def test_a_payment_that_ends_unpaid_frees_the_listing(world: World, fact: Fact) -> None:
    world.report(fact, reason="card_declined")
    assert (world.escrow.state, world.listing) == (State.CANCELLED, ListingState.ACTIVE)


def test_money_for_an_escrow_that_is_over_is_held_and_confirms_nothing(world: World) -> None:
    over = world.escrow.cancelled("abandoned", NOW)
    assert over is not None
    things = world.store.resale
    world.store.unit_of_work.commit(*things.escrows.update(over), *things.sold.freed(over.escrow))
    assert world.captured() is Meaning.MOVE
    assert (world.payment.state, world.payment.review, world.payment.reason) == (
        PaymentState.CANCELLED,
        UNWANTED,
        "escrow_cancelled",
    )
    assert (world.escrow.state, world.listing) == (State.CANCELLED, ListingState.ACTIVE)


def test_who_changes_the_escrow_meanwhile_is_seen(world: World) -> None:
    """Its revision moves on between the look and the commit: it is looked at again."""
    unit_of_work = world.store.unit_of_work

    def touched(_: int) -> None:
        unit_of_work.before = lambda _: None
        unit_of_work.commit(*world.store.resale.escrows.update(world.escrow.noted()))

    unit_of_work.before = touched
    assert world.captured() is Meaning.MOVE
    assert world.escrow.state is State.FUNDED


def test_an_escrow_that_is_gone_is_an_error_and_not_passed_over(world: World) -> None:
    del world.store.store.items["escrow", "demo", world.id]
    with pytest.raises(EscrowNotFound):
        world.captured()


def test_once_it_is_released_its_payments_money_is_the_sellers(world: World) -> None:
    world.captured()
    assert world.consequences.current(world.payment) == world.payment
    released = after(world.escrow.released(NOW + timedelta(hours=1), "transferred"))
    change = world.escrow.released(NOW + timedelta(hours=1), "transferred")
    assert change is not None
    world.store.unit_of_work.commit(*world.store.resale.escrows.update(change))
    current = world.consequences.current(world.payment)
    assert current.deposit == replace(world.payment.deposit or Deposit(DepositKind.ESCROW, ""), released=True)
    assert (current.fee, released.parts.seller) == (750, 12_750)


def test_payments_of_nothing_held_concern_no_escrow(world: World) -> None:
    plain = replace(world.payment, deposit=None)
    others = replace(world.payment, deposit=Deposit(DepositKind.GROUP, "grp_1"))
    for payment in (plain, others):
        paid = replace(payment, state=PaymentState.CONFIRMED)
        assert world.consequences.of(payment, paid, NOW) == ()
        assert world.consequences.current(payment) is payment


def test_a_release_balances_whatever_there_is_to_divide() -> None:
    for amount in range(1, 2_000):
        parts = RATES.of(replace(PRICE, amount=amount))
        entry = escrow_released("demo", "esc_1", "usr_1", "USD", amount, RATES.recipients(parts), parts.platform, NOW)
        assert entry is not None
        assert sum(each.amount for each in entry.postings) == 0

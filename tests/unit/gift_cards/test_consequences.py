"""A gift card follows the payment that bought it; what was paid with one follows that payment's refunds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_report, captured, usd
from tests.support.gift_cards import a_draft_card
from tests.support.tender_world import TenderWorld
from tollgate.gift_cards.errors import GiftCardsDisabled
from tollgate.gift_cards.model import CardState
from tollgate.gift_cards.purchasing import GiftCardPurchase
from tollgate.gift_cards.terms import GiftCardTerms
from tollgate.kernel.errors import ValidationFailed
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.splitting import RefundOrder


@pytest.fixture
def world() -> TenderWorld:
    return TenderWorld()


KEY = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"


def spend(world: TenderWorld, card_id: str, amount: int) -> None:
    used = world.card(card_id).use(amount, None, None, NOW)
    world.store.unit_of_work.commit(*world.store.gift_cards.update(used))


def a_dispute(state: DisputeState) -> Report:
    return Report(Fact.DISPUTE, NOW, dispute=DisputeReport("du_1", usd(5_000), state))


def test_a_card_waits_for_its_money_and_is_worth_what_was_paid(world: TenderWorld) -> None:
    payment, card = world.bought()
    assert (card.status, card.available, payment.gift_card) == ("pending", 0, card.id)
    world.record(payment, captured())
    paid = world.card(card.id)
    assert (paid.status, paid.available, paid.expires_at) == ("active", 5_000, NOW.replace(year=2027))


def test_the_same_purchase_again_makes_no_other_card(world: TenderWorld) -> None:
    first, second = world.buy(key=KEY), world.buy(key=KEY)
    assert second == first.replay()
    assert len(world.store.store.of("gift_card")) == 1


def test_a_code_that_is_taken_gives_way_to_the_next(world: TenderWorld) -> None:
    first = json.loads(world.buy(key=KEY).body)
    other = TenderWorld()
    other.store.unit_of_work.commit(*other.store.gift_cards.create(a_draft_card(id=first["giftCardId"]).order(NOW)))
    second = json.loads(other.buy(key=KEY).body)
    assert (second["id"], other.card(second["giftCardId"]).code_version) == (first["id"], 2)
    assert other.payment(second["id"]).gift_card == second["giftCardId"] != first["giftCardId"]


def test_a_purchase_that_comes_to_nothing_leaves_a_card_that_is_worth_nothing(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, a_report(Fact.EXPIRED))
    assert (world.card(card.id).state, world.card(card.id).available) == (CardState.CANCELLED, 0)


@pytest.mark.parametrize("fields", [{"amount": 5_001}, {"currency": "EUR"}])
def test_only_what_is_on_offer_is_sold(world: TenderWorld, fields: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        world.buy(**fields)  # type: ignore[arg-type]
    assert world.store.store.of("gift_card") == []


def test_what_was_sold_is_still_answered_when_it_is_sold_no_more(world: TenderWorld) -> None:
    first = world.buy(key=KEY)
    for terms in (GiftCardTerms(enabled=False), GiftCardTerms(amounts={})):
        later = GiftCardPurchase(world.opening, world.store.gift_cards, world.cards.codes, terms, world.cards.clock)
        assert later.buy(world.wish(key=KEY)) == first.replay()
        with pytest.raises((GiftCardsDisabled, ValidationFailed)):
            later.buy(world.wish())


def test_what_had_expired_is_owed_again_when_its_price_goes_back(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    world.cards.clock.advance(timedelta(days=366))
    world.cards.expiry.expire("demo", card.id)
    world.record(payment, a_dispute(DisputeState.OPEN))
    gone = world.card(card.id)
    assert (gone.state, gone.available, gone.breakage, gone.due_at) == (CardState.CANCELLED, 0, 0, None)
    posted = {entry.kind: dict(seen) for entry, seen in world.posted()}
    assert posted["gift_card_breakage_reversed"] == {"breakage": -5_000, "gift_card_liability": 5_000}
    assert world.owed_on_cards() == 0
    world.record(payment, a_dispute(DisputeState.WON))
    assert (world.card(card.id).status, world.card(card.id).available, world.owed_on_cards()) == (
        "active",
        5_000,
        5_000,
    )


def test_nothing_is_sold_where_gift_cards_are_off() -> None:
    with pytest.raises(GiftCardsDisabled):
        TenderWorld(terms=GiftCardTerms(enabled=False)).buy()


def test_an_unused_card_goes_back_as_a_whole(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    assert world.refund(payment).status == 200
    assert (world.card(card.id).state, world.card(card.id).available) == (CardState.CANCELLED, 0)


def test_a_card_that_was_used_does_not_go_back(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    spend(world, card.id, 1)
    with pytest.raises(NotRefundable):
        world.refund(payment)
    assert world.payment(payment.id).refundable == 5_000


def test_a_refund_that_the_provider_has_begun_by_itself_is_no_request(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    spend(world, card.id, 2_000)
    for state, left in ((RefundState.PENDING, 3_000), (RefundState.SUCCEEDED, -2_000)):
        told = RefundReport(state, reference="re_1", amount=usd(5_000), capture="pi_1")
        world.record(payment, Report(Fact.REFUND, NOW, refund=told))
        assert world.card(card.id).available == left
    assert world.card(card.id).state is CardState.CANCELLED


def test_nobody_spends_a_card_whose_money_is_on_its_way_back(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    world.record(payment, Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.REQUESTED, "ref_1")))
    assert (world.card(card.id).status, world.card(card.id).available) == ("refunding", 5_000)
    world.record(payment, Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.FAILED, "ref_1", "re_1")))
    assert (world.card(card.id).status, world.card(card.id).available) == ("active", 5_000)


def test_what_a_bank_took_back_is_not_on_the_card_and_comes_again_when_it_gives_up(world: TenderWorld) -> None:
    payment, card = world.bought()
    world.record(payment, captured())
    spend(world, card.id, 2_000)
    world.record(payment, a_dispute(DisputeState.OPEN))
    disputed = world.card(card.id)
    assert (disputed.status, disputed.available, disputed.due_at) == ("cancelled", -2_000, NOW)
    world.record(payment, a_dispute(DisputeState.WON))
    assert (world.card(card.id).status, world.card(card.id).available) == ("active", 3_000)


def test_a_refund_comes_back_onto_the_card_and_the_credit(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender, world.give_credit(500))
    world.record(payment, captured(amount=usd(1_500)))
    assert json.loads(world.refund(payment, amount=2_000).body)["refund"]["ontoTenders"] == 500
    assert (world.card(card.id).available, world.credit()) == (500, 0)
    assert world.refund(payment).status == 200
    assert (world.card(card.id).available, world.credit()) == (3_000, 500)
    assert world.payment(payment.id).status == "refunded"


def test_a_refund_onto_tenders_first_asks_no_provider(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender)
    world.record(payment, captured(amount=usd(2_000)))
    refunded = json.loads(world.refund(payment, RefundOrder.TENDERS_FIRST, amount=1_000).body)["refund"]
    assert (refunded["status"], refunded["ontoTenders"], world.card(card.id).available) == ("succeeded", 1_000, 1_000)


def test_a_payment_that_was_covered_goes_back_whole(world: TenderWorld) -> None:
    payment = world.opened(world.give_credit(5_000))
    assert world.refund(payment).status == 200
    assert (world.credit(), world.payment(payment.id).status) == (5_000, "refunded")

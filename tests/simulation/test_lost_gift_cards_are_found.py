"""Bugs of gift cards and tenders, planted as in `test_the_simulation_can_fail`: each must be found, and soon."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.running import found_soon
from tests.support.memory.gift_cards import MemoryCredits
from tollgate.checkout.service import CheckoutDesk
from tollgate.gift_cards import consequences, spending
from tollgate.gift_cards.consequences import GiftCardConsequences
from tollgate.gift_cards.model import CardChange, GiftCard
from tollgate.gift_cards.purchasing import GiftCardPurchase
from tollgate.gift_cards.spending import UseGiftCard
from tollgate.gift_cards.tendering import GiftCardTendering
from tollgate.payments.lifecycle import TRANSITIONS, Fact, Meaning, State, Transition
from tollgate.payments.model import Payment, Report


def test_a_hold_that_is_let_go_while_its_page_can_be_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(_: CheckoutDesk, payment: Payment) -> Report:
        return Report(Fact.CANCELLED, payment.updated_at, reason="requested")

    monkeypatch.setattr(CheckoutDesk, "_ending", unasked)
    late = Transition(Meaning.MOVE, State.CONFIRMED)
    monkeypatch.setitem(TRANSITIONS, (State.CANCELLED, Fact.CAPTURED), late)
    assert found_soon("tenders_follow_their_payment", 838)


def test_a_hold_that_is_spent_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = GiftCard.capture

    def generous(card: GiftCard, hold_id: str, *when: Any) -> CardChange | None:
        change, freed = capture(card, hold_id, *when), card.release(hold_id, *when)
        return change and freed and replace(change, card=freed.card)

    monkeypatch.setattr(GiftCard, "capture", generous)
    assert found_soon("what_is_on_cards_is_what_is_owed")


def test_a_tender_that_is_taken_off_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    take = GiftCardTendering._take_card

    def forgetful(tendering: GiftCardTendering, purchase: Any, wish: Any, card: Any, planned: Any) -> None:
        before = list(planned.writes)
        take(tendering, purchase, wish, card, planned)
        planned.writes[:] = before

    monkeypatch.setattr(GiftCardTendering, "_take_card", forgetful)
    assert found_soon("what_is_on_cards_is_what_is_owed")


def test_a_card_that_is_redeemed_and_keeps_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    redeem = GiftCard.redeem

    def generous(card: GiftCard, *arguments: Any) -> CardChange:
        change = redeem(card, *arguments)
        return replace(change, card=replace(change.card, available=card.available))

    monkeypatch.setattr(GiftCard, "redeem", generous)
    assert found_soon("every_card_adds_up", 22)


def test_credit_that_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    add = MemoryCredits.add
    monkeypatch.setattr(
        MemoryCredits, "add", lambda credit, *whose_and_amount: add(credit, *_doubled(whose_and_amount))
    )
    assert found_soon("credit_is_what_is_owed", 22)


def _doubled(whose_and_amount: Any) -> Any:
    *whose, amount = whose_and_amount
    return (*whose, 2 * amount)


def test_a_refund_that_comes_to_a_card_again_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    gone_onto = consequences._gone_onto

    def forgetful(tender: Any, before: Payment, after: Payment) -> dict[str, int]:
        return gone_onto(tender, replace(before, refunds=()), after)

    monkeypatch.setattr(consequences, "_gone_onto", forgetful)
    assert found_soon("what_went_back_came_to_the_card", 30)


def test_a_card_that_is_activated_with_every_word_of_its_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    bought, activate = GiftCardConsequences._bought, GiftCard.activate

    def eager(tied: GiftCardConsequences, card_id: str, before: Payment, *after: Any) -> Any:
        return bought(tied, card_id, replace(before, state=State.PENDING), *after)

    monkeypatch.setattr(GiftCardConsequences, "_bought", eager)
    monkeypatch.setattr(GiftCard, "activate", lambda card, *when: activate(replace(card, expires_at=None), *when))
    assert found_soon("a_card_lives_and_dies_with_its_purchase")


def test_a_use_that_is_made_again_when_it_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending, "record_id", lambda *_: str(uuid.uuid4()))
    monkeypatch.setattr(UseGiftCard, "use_id", property(lambda _: str(uuid.uuid4())))
    assert found_soon("each_use_is_made_once", 136)


def test_a_code_that_is_stored_with_its_card(monkeypatch: pytest.MonkeyPatch) -> None:
    order = GiftCardPurchase._card

    def careless(purchase: GiftCardPurchase, *wish: Any) -> GiftCard:
        card = order(purchase, *wish)
        return replace(card, sender_name=purchase._codes.new(card.tenant, card.payment_id, card.code_version).code)

    monkeypatch.setattr(GiftCardPurchase, "_card", careless)
    assert found_soon("a_code_stands_nowhere")


def test_a_gift_card_that_goes_back_although_it_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "_is_untouched", lambda *_: True)
    assert found_soon("a_card_is_overdrawn_only_by_others", 25)

"""Paying with more than a provider: what is held, what is refused, and that nothing is held twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.builders import a_report, captured, usd
from tests.support.checkout_world import at_commit
from tests.support.gift_cards import a_use
from tests.support.tender_world import BUYER, TenderWorld
from tollgate.adapters.providers.balance.client import BalanceProvider
from tollgate.checkout.ports import Closed, OpenOutcome, Rejected
from tollgate.checkout.retrying import CheckoutRetry, RetryPayment
from tollgate.checkout.tendering import TenderRefused, TenderUnknown, TenderWish
from tollgate.gift_cards.errors import TooManyGuesses
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.tenders import TenderState

KEY = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"


class Acting(BalanceProvider):
    """Something happens while a payment is about to be covered."""

    def __init__(self, open_: Callable[[str, str], OpenOutcome], clock: Clock) -> None:
        super().__init__(clock)
        self.open = open_  # type: ignore[method-assign,assignment]  # that is the point


@pytest.fixture
def world() -> TenderWorld:
    return TenderWorld()


def test_a_card_pays_as_much_as_it_has_and_the_provider_the_rest(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender)
    assert (payment.due, [each.amount for each in payment.tenders]) == (usd(2_000), [3_000])
    held = world.card(card.id)
    assert (held.available, held.held, held.status) == (0, 3_000, "active")
    assert json.loads(world.provider.opened[0][0])["payment"] == payment.id


def test_several_ways_are_taken_in_the_order_they_are_named(world: TenderWorld) -> None:
    (first, _), (second, _) = world.sold(1_000), world.sold(2_500)
    payment = world.opened(first, world.give_credit(700), second)
    assert [each.amount for each in payment.tenders] == [1_000, 700, 2_500]
    assert (payment.due, world.credit()) == (usd(800), 0)


def test_what_covers_all_is_paid_at_once_and_no_provider_is_asked(world: TenderWorld) -> None:
    tender, card = world.sold(10_000)
    payment = world.opened(tender)
    assert (payment.state, payment.provider, payment.due) == (State.CONFIRMED, "balance", usd(0))
    assert world.provider.opened == []
    assert (world.card(card.id).available, world.card(card.id).held) == (5_000, 0)
    assert [each.state for each in payment.tenders] == [TenderState.CAPTURED]


def test_what_is_cancelled_before_it_is_covered_is_let_go_and_stays_so(world: TenderWorld) -> None:
    tender, card = world.sold(10_000)
    provider = world.providers["balance"]

    def cancel_meanwhile(parameters: str, key: str) -> OpenOutcome:
        (payment,) = world.store.store.of("payment")
        world.desk.cancel(Viewer("demo", BUYER), payment.id)
        return provider.open(parameters, key)

    world.providers["balance"] = Acting(cancel_meanwhile, world.cards.clock)
    assert world.open(tender).status == 409
    (payment,) = world.store.store.of("payment")
    assert (payment.state, payment.review, payment.due_at) == (State.CANCELLED, None, None)
    assert (world.card(card.id).available, world.card(card.id).held) == (10_000, 0)


def test_what_was_cancelled_before_it_was_covered_can_be_tried_again(world: TenderWorld) -> None:
    tender, card = world.sold(10_000)
    world.providers["balance"] = Acting(lambda *_: Rejected("not now"), world.cards.clock)
    assert world.open(tender).status == 502
    world.providers["balance"] = BalanceProvider(world.cards.clock)
    (ended,) = world.store.store.of("payment")
    wish = RetryPayment(Viewer("demo", None), "boss", ended.id, KEY, {}, "https://shop.example", "https://shop.example")
    answer = CheckoutRetry(world.desk, world.store.payments, world.opening).retry(wish)
    retried = world.payment(json.loads(answer.body)["id"])
    assert (answer.status, retried.retry_of, retried.state) == (201, ended.id, State.CONFIRMED)
    assert (world.card(card.id).available, world.card(card.id).held) == (5_000, 0)


def test_the_same_request_again_holds_nothing_more_and_is_answered_alike(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    first, second = world.open(tender, key=KEY), world.open(tender, key=KEY)
    assert second == first.replay()
    assert world.card(card.id).held == 3_000


def test_the_same_request_again_holds_nothing_more_of_a_card_that_has_more(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    part = TenderWish(tender.field, tender.cards, 1_000)
    first, second = world.open(part, key=KEY), world.open(part, key=KEY)
    assert second == first.replay()
    assert (world.card(card.id).held, world.card(card.id).available) == (1_000, 2_000)


def test_a_named_amount_is_held_and_no_more(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(TenderWish(tender.field, tender.cards, 1_234))
    assert (payment.due, world.card(card.id).available) == (usd(3_766), 1_766)


@pytest.mark.parametrize(("amount", "message"), [(3_001, "3000 is there to pay with"), (5_001, "5000 is left to pay")])
def test_no_more_is_taken_than_there_is_or_is_needed(world: TenderWorld, amount: int, message: str) -> None:
    tender, card = world.sold(3_000)
    with pytest.raises(TenderRefused) as refused:
        world.open(TenderWish(tender.field, tender.cards, amount))
    assert [(each.field, each.message) for each in refused.value.errors] == [("tenders.0.code", message)]
    assert world.card(card.id).available == 3_000


def test_a_page_that_was_paid_in_a_wrong_amount_holds_nothing_any_more(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender, world.give_credit(500))
    world.record(payment, captured(amount=usd(1_499)))
    assert (world.card(card.id).available, world.card(card.id).held, world.credit()) == (3_000, 0, 500)
    assert world.refund(payment).status == 200
    world.provider.ending = Closed(captured(amount=usd(1_499)))
    assert world.desk.cancel(Viewer("demo", BUYER), payment.id).state is State.CANCELLED
    assert world.card(card.id).available == 3_000


def test_each_code_that_no_card_has_is_a_guess(world: TenderWorld) -> None:
    wrong = [TenderWish(f"tenders.{number}.code", (f"gft_{number:026d}",)) for number in range(5)]
    with pytest.raises(TenderUnknown):
        world.open(*wrong, doors=("user:1",))
    with pytest.raises(TooManyGuesses):
        world.open(wrong[0], doors=("user:1",))


def test_credit_that_is_named_twice_is_refused_where_it_comes_again(world: TenderWorld) -> None:
    tender, _ = world.sold(3_000)
    with pytest.raises(TenderRefused) as refused:
        world.open(TenderWish("tenders.0"), TenderWish("tenders.1"), tender)
    assert [each.field for each in refused.value.errors] == ["tenders.1"]


def test_one_card_is_not_named_twice(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    with pytest.raises(TenderRefused, match="cannot be paid"):
        world.open(TenderWish(tender.field, tender.cards, 1), tender)
    assert world.card(card.id).held == 0


def test_a_card_in_another_currency_pays_nothing(world: TenderWorld) -> None:
    tender, _ = world.sold(3_000, currency="EUR")
    with pytest.raises(TenderRefused) as refused:
        world.open(tender)
    assert refused.value.errors[0].message == "this gift card is in EUR"


def test_a_card_that_cannot_be_spent_is_refused_with_its_reason(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    world.cards.desk.freeze("demo", card.id, "boss", "stolen")
    with pytest.raises(TenderRefused) as refused:
        world.open(tender)
    assert refused.value.errors[0].message == "this gift card is stopped for now"


def test_credit_that_is_not_there_is_refused(world: TenderWorld) -> None:
    with pytest.raises(TenderRefused):
        world.open(TenderWish("tenders.0"))


def test_codes_that_no_card_has_are_counted_and_stopped(world: TenderWorld) -> None:
    tender, _ = world.sold(3_000)
    wrong = TenderWish("tenders.0.code", ("gft_00000000000000000000000000",))
    for _ in range(5):
        with pytest.raises(TenderRefused):
            world.open(wrong, doors=("user:1",))
    with pytest.raises(TooManyGuesses):
        world.open(tender, doors=("user:1",))
    world.cards.clock.advance(timedelta(minutes=1, seconds=1))
    assert world.opened(tender, doors=("user:1",)).due == usd(2_000)


def test_a_card_that_somebody_spends_of_meanwhile_is_looked_at_again(world: TenderWorld) -> None:
    code, card = world.cards.sold("shared", 10_000)
    wish = TenderWish("tenders.0.code", (card.id,))

    def spend() -> None:
        world.store.unit_of_work.before = lambda _: None
        assert world.cards.spending.use(a_use(code, 6_000)).status == 200

    world.store.unit_of_work.before = at_commit(world.store.unit_of_work.commits + 1, spend)
    payment = world.opened(wish)
    assert (payment.due, world.card(card.id).available) == (usd(1_000), 0)


def test_a_provider_that_refuses_lets_everything_go(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    world.provider.script = [Rejected("account_closed")]
    assert world.open(tender, world.give_credit(500)).status == 502
    assert (world.card(card.id).available, world.card(card.id).held, world.credit()) == (3_000, 0, 500)


def test_a_checkout_that_is_cancelled_lets_everything_go_once_the_provider_has_closed_it(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender, world.give_credit(500))
    world.provider.ending = Rejected("not now")
    with pytest.raises(Exception, match="not available"):
        world.desk.cancel(Viewer("demo", BUYER), payment.id)
    assert (world.card(card.id).held, world.credit()) == (3_000, 0)
    world.record(payment, a_report(Fact.EXPIRED))
    assert (world.card(card.id).available, world.credit()) == (3_000, 500)
    assert [each.state for each in world.payment(payment.id).tenders] == [TenderState.VOIDED] * 2


def test_what_was_held_is_spent_when_the_provider_has_its_part(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender, world.give_credit(500))
    world.record(payment, captured(amount=usd(1_500)))
    spent = world.card(card.id)
    assert (spent.available, spent.held, spent.status, world.credit()) == (0, 0, "spent", 0)
    # Told again, and told late: nothing is spent or given back once more.
    world.record(payment, captured(amount=usd(1_500)))
    world.record(payment, a_report(Fact.EXPIRED))
    assert world.card(card.id) == spent

"""Opening a checkout, and asking for it again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_pricing_item, a_session, captured, usd
from tests.support.checkout_world import FIRST_KEY, CheckoutWorld, another_key
from tollgate.checkout.ports import Rejected
from tollgate.checkout.quote import AmountMismatch, BasketItem
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused, IdempotencyRecord, record_id
from tollgate.payments.lifecycle import State
from tollgate.payments.ports import PaymentKey

ONE = (BasketItem("concert_ticket", 1),)


def _record(world: CheckoutWorld) -> IdempotencyRecord:
    stored = world.idempotency.get(record_id("demo", "user-1", "checkout.create", FIRST_KEY))
    assert stored is not None
    return stored


def test_a_checkout_is_opened_in_two_transactions_around_one_provider_call(world: CheckoutWorld) -> None:
    response = world.create(trace="Root=1")
    payment = world.shown()
    assert (response.status, response.replayed) == (201, False)
    assert json.loads(response.body)["checkoutUrl"] == a_session().url
    assert (payment.state, payment.amount, payment.session) == (State.PENDING, usd(5000), a_session())
    assert (world.unit_of_work.commits, len(world.provider.opened)) == (2, 1)
    assert world.history() == ["payments.payment.created", "payments.checkout.opened"]
    events = world.payments.history(PaymentKey("demo", payment.id))
    assert [event["trace"] for event in events] == ["Root=1", "Root=1"]


def test_the_payment_is_found_by_the_providers_reference(world: CheckoutWorld) -> None:
    world.create()
    assert world.payments.find("stripe", "cs_1") == PaymentKey("demo", world.payment().id)


def test_all_that_a_successor_needs_is_stored_before_the_provider_is_called(world: CheckoutWorld) -> None:
    seen: list[IdempotencyRecord] = []
    world.provider.meanwhile = lambda: seen.append(_record(world))
    world.create()
    (parameters, key) = world.provider.opened[0]
    assert seen[0].parameters == parameters
    assert seen[0].subject_id == world.payment().id
    assert key == world.payment().provider_key("checkout")


def test_the_same_request_again_gets_the_stored_answer_and_does_nothing(world: CheckoutWorld) -> None:
    first = world.create()
    world.clock.advance(timedelta(hours=23))
    again = world.create()
    assert again == first.replay()
    assert len(world.provider.opened) == 1
    assert world.payment().version == 2


def test_the_key_with_another_body_is_refused(world: CheckoutWorld) -> None:
    world.create()
    with pytest.raises(IdempotencyKeyReused):
        world.create(basket=ONE)
    assert len(world.store.of("payment")) == 1


@pytest.mark.parametrize("scope", [{"tenant": "other"}, {"owner": "user-2"}, {"operation": "checkout_session.create"}])
def test_the_key_of_someone_else_is_another_key(world: CheckoutWorld, scope: dict[str, str]) -> None:
    world.create()
    assert world.create(**scope).replayed is False
    assert len(world.store.of("payment")) == 2


def test_a_new_key_is_a_new_payment(world: CheckoutWorld) -> None:
    world.create()
    world.create(key=another_key())
    assert len(world.store.of("payment")) == 2
    assert len({key for _, key in world.provider.opened}) == 2


def test_an_invalid_request_stores_nothing(world: CheckoutWorld) -> None:
    with pytest.raises(ValidationFailed):
        world.create(basket=(BasketItem("nothing", 1),))
    with pytest.raises(AmountMismatch):
        world.create(amount=1)
    with pytest.raises(ValidationFailed):
        world.create(method="sepa")
    assert not world.store.items
    assert world.create().status == 201


def test_a_price_that_changed_since_does_not_change_the_answer(world: CheckoutWorld) -> None:
    first = world.create(amount=5000)
    world.catalog.put(a_pricing_item(unit=usd(9900)))
    assert world.create(amount=5000) == first.replay()
    world.catalog.put(a_pricing_item(active=False))
    assert world.create(amount=5000) == first.replay()
    assert world.payment().amount == usd(5000)


def test_another_body_is_refused_even_when_it_is_invalid_too(world: CheckoutWorld) -> None:
    world.create()
    with pytest.raises(IdempotencyKeyReused):
        world.create(basket=(BasketItem("nothing", 1),))


def test_after_the_answer_expired_the_payment_itself_answers(world: CheckoutWorld) -> None:
    """Records leave after a day; the id of the payment follows from the key for ever."""
    first = world.create()
    world.clock.advance(timedelta(hours=25))
    again = world.create()
    assert (again.status, again.replayed) == (201, True)
    assert json.loads(again.body)["id"] == json.loads(first.body)["id"]
    world.store.items.pop(("idempotency", _record(world).id))
    assert world.create() == again
    with pytest.raises(IdempotencyKeyReused):
        world.create(basket=ONE)
    assert len(world.provider.opened) == 1


def test_after_the_answer_expired_it_is_told_as_it_stands_now(world: CheckoutWorld) -> None:
    world.create()
    world.record(captured())
    assert json.loads(world.create().body)["status"] == "pending"
    world.clock.advance(timedelta(hours=24))
    assert json.loads(world.create().body)["status"] == "confirmed"


def test_a_refusal_by_the_provider_is_stored_as_a_bad_gateway(world: CheckoutWorld) -> None:
    world.provider.script = [Rejected("amount_too_small")]
    response = world.create()
    assert (response.status, json.loads(response.body)["code"]) == (502, "PAYMENT_FAILED")
    payment = world.payment()
    assert (payment.state, payment.reason, payment.session) == (State.FAILED, "amount_too_small", None)
    assert world.history() == ["payments.payment.created", "payments.transaction.failed"]
    assert world.create() == response.replay()
    assert len(world.provider.opened) == 1


def test_a_finished_record_holds_no_parameters_any_more(world: CheckoutWorld) -> None:
    world.create()
    record = _record(world)
    assert record.parameters == ""
    assert record.expires_at == NOW + timedelta(hours=24)

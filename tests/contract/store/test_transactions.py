"""A commit applies every write or none, and says which condition did not hold."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_provider_event, a_record, captured, created
from tests.support.stores import Store
from tollgate.inbox.model import Outcome
from tollgate.inbox.ports import AlreadySettled
from tollgate.kernel.idempotency import AlreadyBegun
from tollgate.kernel.unit_of_work import DuplicateWrite, TooManyWrites, Write
from tollgate.payments.errors import PaymentExists
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey

ID = created().payment.id
KEY = PaymentKey("demo", ID)


def _creating(store: Store, count: int) -> list[Write]:
    return [write for number in range(count) for write in store.payments.create(created(f"many-{number}"))]


def test_nothing_to_write_is_nothing_to_do(store: Store) -> None:
    store.unit_of_work.commit()


def test_all_are_applied(store: Store) -> None:
    store.unit_of_work.commit(
        store.idempotency.begin(a_record()),
        *store.payments.create(created()),
        store.payments.point(created().payment, "cs_1"),
    )
    assert store.idempotency.get(a_record().id) == a_record()
    assert store.payments.get(KEY) == created().payment
    assert store.payments.find("stripe", "cs_1") == KEY


@pytest.mark.parametrize("order", [1, -1])
def test_one_condition_that_does_not_hold_stops_them_all(store: Store, order: int) -> None:
    store.unit_of_work.commit(store.idempotency.begin(a_record()))
    writes = [store.idempotency.begin(a_record()), *store.payments.create(created())]
    with pytest.raises(AlreadyBegun) as caught:
        store.unit_of_work.commit(*writes[::order])
    assert caught.value.record == a_record()
    assert store.payments.get(KEY) is None
    assert store.payments.history(KEY) == ()


def test_of_several_conditions_the_first_in_order_is_told(store: Store) -> None:
    begin, create = store.idempotency.begin(a_record()), store.payments.create(created())
    store.unit_of_work.commit(begin, *create)
    with pytest.raises(AlreadyBegun):
        store.unit_of_work.commit(begin, *create)
    with pytest.raises(PaymentExists):
        store.unit_of_work.commit(*create, begin)


def test_both_tables_change_together(store: Store) -> None:
    store.inbox.accept(a_provider_event())
    store.unit_of_work.commit(*store.payments.create(created()))
    confirmed = created().payment.apply(captured(), NOW)
    assert isinstance(confirmed, Change)
    settle = store.inbox.settle(a_provider_event(), Outcome.APPLIED, NOW)
    store.unit_of_work.commit(settle, *store.payments.update(confirmed))
    assert store.payments.get(KEY) == confirmed.payment
    again = confirmed.payment.apply(captured("pi_2"), NOW)
    assert isinstance(again, Change)
    with pytest.raises(AlreadySettled):
        store.unit_of_work.commit(settle, *store.payments.update(again))
    assert store.payments.get(KEY) == confirmed.payment


def test_a_hundred_writes_go_together_and_more_are_refused(store: Store) -> None:
    writes = _creating(store, 50)
    with pytest.raises(TooManyWrites):
        store.unit_of_work.commit(*writes, store.idempotency.begin(a_record()))
    assert store.idempotency.get(a_record().id) is None
    store.unit_of_work.commit(*writes)
    assert store.payments.get(PaymentKey("demo", created("many-49").payment.id)) is not None


def test_two_writes_on_one_item_are_refused_before_anything_is_sent(store: Store) -> None:
    with pytest.raises(DuplicateWrite):
        store.unit_of_work.commit(*store.payments.create(created()), *store.payments.create(created()))
    assert store.payments.get(KEY) is None

"""Who holds the lease may write, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_record, created
from tests.support.stores import Store
from tollgate.kernel.idempotency import LEASE, AlreadyBegun, IdempotencyRecord, LeaseLost, Response
from tollgate.payments.ports import PaymentKey

LATER = NOW + LEASE
DONE = Response(201, '{"id":"pay_1","name":"Café"}')


def begun(store: Store) -> IdempotencyRecord:
    store.unit_of_work.commit(store.idempotency.begin(a_record()))
    return a_record()


def test_a_record_comes_back_with_its_parameters_to_the_byte(store: Store) -> None:
    record = a_record(parameters='{"name":"Café 🎟","n":1.0}' * 50)
    store.unit_of_work.commit(store.idempotency.begin(record))
    assert store.idempotency.get(record.id) == record
    assert store.idempotency.get("idem_nothing") is None


def test_a_taken_key_answers_with_the_record_that_holds_it(store: Store) -> None:
    first = begun(store)
    with pytest.raises(AlreadyBegun) as caught:
        store.unit_of_work.commit(store.idempotency.begin(a_record(lease_owner="lease-2", fingerprint="0" * 64)))
    assert caught.value.record == first


def test_the_lease_moves_from_the_one_who_held_it(store: Store) -> None:
    first = begun(store)
    successor = first.leased_to("lease-2", LATER)
    store.unit_of_work.commit(store.idempotency.take_over(first, successor))
    assert store.idempotency.get(first.id) == successor


def test_that_nothing_was_sent_stays_until_somebody_sends(store: Store) -> None:
    record = replace(begun(store), unsent=True).released(NOW, key_spent=False)
    store.unit_of_work.commit(store.idempotency.release(record))
    for owner, sends in (("lease-2", False), ("lease-3", True)):
        successor = record.leased_to(owner, record.lease_expires_at, sends=sends)
        store.unit_of_work.commit(store.idempotency.take_over(record, successor))
        record = successor
        stored = store.idempotency.get(record.id)
        assert stored is not None
        assert stored.unsent is not sends


def test_when_something_was_sent_again_stays_whoever_only_asks_about_it(store: Store) -> None:
    record = begun(store)
    for owner, sends in (("lease-2", True), ("lease-3", False)):
        successor = record.leased_to(owner, record.lease_expires_at, sends=sends)
        store.unit_of_work.commit(store.idempotency.take_over(record, successor))
        record = successor
    stored = store.idempotency.get(record.id)
    assert stored is not None
    assert (stored.last_try_at, stored.sent_by) == (LATER, LATER + LEASE)


def test_a_lease_that_moved_cannot_be_taken_from_its_old_owner(store: Store) -> None:
    first = begun(store)
    store.unit_of_work.commit(store.idempotency.take_over(first, first.leased_to("lease-2", LATER)))
    with pytest.raises(LeaseLost):
        store.unit_of_work.commit(store.idempotency.take_over(first, first.leased_to("lease-3", LATER)))
    stored = store.idempotency.get(first.id)
    assert stored is not None
    assert stored.lease_owner == "lease-2"


def test_the_holder_finishes_and_the_answer_stays(store: Store) -> None:
    finished = begun(store).finished(DONE, LATER)
    store.unit_of_work.commit(store.idempotency.finish(finished))
    assert store.idempotency.get(finished.id) == finished


def test_a_finished_record_is_neither_finished_again_nor_taken_over_nor_released(store: Store) -> None:
    first = begun(store)
    finished = first.finished(DONE, LATER)
    store.unit_of_work.commit(store.idempotency.finish(finished))
    attempts = [
        store.idempotency.take_over(first, first.leased_to("lease-2", LATER)),
        store.idempotency.release(first.released(LATER, key_spent=False)),
        store.idempotency.finish(first.finished(Response(502, "{}"), LATER + timedelta(seconds=1))),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLost):
            store.unit_of_work.commit(attempt, *store.payments.create(created()))
    assert store.idempotency.get(first.id) == finished
    assert store.payments.get(PaymentKey("demo", created().payment.id)) is None


def test_who_lost_the_lease_writes_nothing_more(store: Store) -> None:
    first = begun(store)
    successor = first.leased_to("lease-2", LATER)
    store.unit_of_work.commit(store.idempotency.take_over(first, successor))
    attempts = [
        store.idempotency.finish(first.finished(DONE, LATER)),
        store.idempotency.release(first.released(LATER, key_spent=False)),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLost):
            store.unit_of_work.commit(attempt)
        with pytest.raises(LeaseLost):
            store.unit_of_work.commit(attempt, *store.payments.create(created()))
    assert store.idempotency.get(first.id) == successor
    assert store.payments.get(PaymentKey("demo", created().payment.id)) is None


@pytest.mark.parametrize("key_spent", [False, True])
def test_a_released_record_may_be_taken_over_at_once(store: Store, key_spent: bool) -> None:
    first = begun(store)
    released = first.released(NOW + timedelta(seconds=2), key_spent=key_spent)
    store.unit_of_work.commit(store.idempotency.release(released))
    assert store.idempotency.get(first.id) == released
    assert released.attempt == (2 if key_spent else 1)
    successor = released.leased_to("lease-2", NOW + timedelta(seconds=3))
    store.unit_of_work.commit(store.idempotency.take_over(released, successor))
    assert store.idempotency.get(first.id) == successor


def test_who_read_the_record_before_it_was_released_reads_it_again(store: Store) -> None:
    """A release may start another attempt: it would be lost to who still holds the old record in hand."""
    first = begun(store)
    released = first.released(NOW + timedelta(seconds=2), key_spent=True)
    store.unit_of_work.commit(store.idempotency.release(released))
    with pytest.raises(LeaseLost):
        store.unit_of_work.commit(store.idempotency.take_over(first, first.leased_to("lease-2", LATER)))
    assert store.idempotency.get(first.id) == released


@pytest.mark.parametrize("record", [a_record(), a_record().leased_to("lease-2", NOW)])
def test_a_record_that_is_not_there_has_no_lease_to_hold(store: Store, record: IdempotencyRecord) -> None:
    with pytest.raises(LeaseLost):
        store.unit_of_work.commit(store.idempotency.finish(record.finished(DONE, NOW)))
    assert store.idempotency.get(record.id) is None

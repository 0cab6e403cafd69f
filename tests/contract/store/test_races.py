"""Many at once, each from a connection of its own: one wins, and the others are told what they lost to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests.support.builders import NOW, a_provider_event, a_record, captured, created
from tests.support.stores import Store
from tests.support.without_tenders import plain_recorder
from tollgate.inbox.model import Outcome
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.idempotency import LEASE, Response
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey

KEY = PaymentKey("demo", created().payment.id)


def race(store: Store, count: int, run: Callable[[Store, int], object]) -> list[Any]:
    """What each runner returned or raised; they set off together."""
    start = Barrier(count)

    def runner(number: int) -> object:
        sibling = store.sibling()
        sibling.payments.get(KEY)  # connected before the start
        start.wait(timeout=30)
        try:
            return run(sibling, number)
        except Exception as error:  # noqa: BLE001 - what it is, the test asks
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(runner, range(count)))


def kinds(results: list[Any]) -> dict[str, int]:
    return dict(Counter(type(result).__name__ for result in results))


def test_of_twenty_who_create_one_payment_one_does(racing_store: Store) -> None:
    def create(store: Store, number: int) -> None:
        store.unit_of_work.commit(*store.payments.create(created(client_reference=str(number))))

    results = race(racing_store, 20, create)
    assert kinds(results) == {"NoneType": 1, "PaymentExists": 19}
    stored = racing_store.payments.get(KEY)
    assert stored is not None
    assert results[int(stored.client_reference or "")] is None
    assert {result.payment.client_reference for result in results if result} == {stored.client_reference}
    assert len(racing_store.payments.history(KEY)) == 1


def test_of_twenty_who_begin_with_one_key_one_does(racing_store: Store) -> None:
    def begin(store: Store, number: int) -> None:
        record = a_record(lease_owner=f"lease-{number}")
        store.unit_of_work.commit(store.idempotency.begin(record), *store.payments.create(created()))

    results = race(racing_store, 20, begin)
    assert kinds(results) == {"NoneType": 1, "AlreadyBegun": 19}
    stored = racing_store.idempotency.get(a_record().id)
    assert stored is not None
    assert stored.lease_owner == f"lease-{results.index(None)}"


def test_of_twenty_changes_of_one_version_one_is_stored(racing_store: Store) -> None:
    racing_store.unit_of_work.commit(*racing_store.payments.create(created()))

    def update(store: Store, number: int) -> None:
        change = created().payment.apply(captured(f"pi_{number}"), NOW)
        assert isinstance(change, Change)
        store.unit_of_work.commit(*store.payments.update(change))

    results = race(racing_store, 20, update)
    assert kinds(results) == {"NoneType": 1, "PaymentChanged": 19}
    stored = racing_store.payments.get(KEY)
    assert stored is not None
    assert [taken.reference for taken in stored.captures] == [f"pi_{results.index(None)}"]
    assert len(racing_store.payments.history(KEY)) == 2


def test_of_twenty_who_take_one_lease_over_one_has_it(racing_store: Store) -> None:
    racing_store.unit_of_work.commit(racing_store.idempotency.begin(a_record()))

    def take_over(store: Store, number: int) -> None:
        successor = a_record().leased_to(f"lease-{number + 2}", NOW + LEASE)
        store.unit_of_work.commit(store.idempotency.take_over(a_record(), successor))

    results = race(racing_store, 20, take_over)
    assert kinds(results) == {"NoneType": 1, "LeaseLost": 19}
    stored = racing_store.idempotency.get(a_record().id)
    assert stored is not None
    assert stored.lease_owner == f"lease-{results.index(None) + 2}"


def test_of_twenty_who_finish_one_record_one_answer_stays(racing_store: Store) -> None:
    racing_store.unit_of_work.commit(racing_store.idempotency.begin(a_record()))

    def finish(store: Store, number: int) -> None:
        store.unit_of_work.commit(
            store.idempotency.finish(a_record().finished(Response(201, str(number)), NOW)),
            store.payments.point(created().payment, f"cs_{number}"),
        )

    results = race(racing_store, 20, finish)
    assert kinds(results) == {"NoneType": 1, "LeaseLost": 19}
    stored = racing_store.idempotency.get(a_record().id)
    assert stored is not None
    assert stored.response == Response(201, str(results.index(None)))


def test_of_fifty_deliveries_of_one_event_one_is_stored(racing_store: Store) -> None:
    results = race(racing_store, 50, lambda store, _: store.inbox.accept(a_provider_event()))
    assert Counter(results) == {True: 1, False: 49}


def test_of_twenty_who_settle_one_event_one_does(racing_store: Store) -> None:
    racing_store.inbox.accept(a_provider_event())
    racing_store.unit_of_work.commit(*racing_store.payments.create(created()))

    def settle(store: Store, number: int) -> None:
        change = created().payment.apply(captured(f"pi_{number}"), NOW)
        assert isinstance(change, Change)
        mark = store.inbox.settle(a_provider_event(), Outcome.APPLIED, NOW)
        store.unit_of_work.commit(mark, *store.payments.update(change))

    assert kinds(race(racing_store, 20, settle)) == {"NoneType": 1, "AlreadySettled": 19}
    assert len(racing_store.payments.history(KEY)) == 2


def test_of_twenty_uses_of_one_signature_one_counts(racing_store: Store) -> None:
    results = race(racing_store, 20, lambda store, _: store.signatures.use("tickets", "abc", now=1, until=300))
    assert kinds(results) == {"NoneType": 1, "SignatureUsed": 19}


def test_seven_facts_at_once_are_all_recorded(racing_store: Store) -> None:
    """One more than `MAX_ATTEMPTS` could make the last give up; that many never come about one payment."""
    racing_store.unit_of_work.commit(*racing_store.payments.create(created()))

    def record(store: Store, number: int) -> Meaning:
        recorder = plain_recorder(store.payments, store.parking, store.unit_of_work, FixedClock(NOW))
        return recorder.record(created().payment, captured(f"pi_{number}")).meaning

    assert race(racing_store, 7, record) == [Meaning.MOVE] * 7
    stored = racing_store.payments.get(KEY)
    assert stored is not None
    assert {taken.reference for taken in stored.captures} == {f"pi_{number}" for number in range(7)}
    events = racing_store.payments.history(KEY)
    assert [event["sequence"] for event in events] == list(range(1, 9))
    assert [event["type"] for event in events].count("payments.purchase.confirmed") == 1


def test_one_fact_told_ten_times_at_once_is_recorded_once(racing_store: Store) -> None:
    racing_store.unit_of_work.commit(*racing_store.payments.create(created()))

    def record(store: Store, _: int) -> Meaning:
        return (
            plain_recorder(store.payments, store.parking, store.unit_of_work, FixedClock(NOW))
            .record(created().payment, captured())
            .meaning
        )

    assert Counter(race(racing_store, 10, record)) == {Meaning.MOVE: 1, Meaning.REPEAT: 9}
    assert len(racing_store.payments.history(KEY)) == 2

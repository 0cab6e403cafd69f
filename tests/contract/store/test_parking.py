"""An event that comes too early waits, and no wake-up is lost: not to the payment's birth, and not to its
next change.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.support.builders import NOW, a_provider_event, captured, created
from tests.support.stores import Store
from tollgate.inbox.model import Outcome
from tollgate.inbox.ports import AlreadySettled
from tollgate.payments.errors import PaymentChanged, PaymentExists, PaymentExpected
from tollgate.payments.model import Change, Payment
from tollgate.payments.ports import PaymentKey

KEY = PaymentKey("demo", created().payment.id)


def _park(store: Store, *ids: str) -> None:
    for id_ in ids:
        event = a_provider_event(id_)
        store.inbox.accept(event)
        store.unit_of_work.commit(*store.inbox.park(event, KEY, NOW), store.payments.expect(KEY))


def _open(store: Store, *, expected: bool = False) -> Payment:
    store.unit_of_work.commit(*store.payments.create(created(), expected=expected))
    found = store.payments.get(KEY)
    assert found is not None
    return found


def test_a_payment_that_is_only_expected_is_not_there(store: Store) -> None:
    _park(store, "evt_1")
    assert store.payments.get(KEY) is None


def test_whoever_makes_an_expected_payment_learns_of_it(store: Store) -> None:
    _park(store, "evt_1", "evt_2")
    with pytest.raises(PaymentExpected):
        _open(store)
    assert _open(store, expected=True) == created().payment
    assert store.parking.wake(KEY) == 2
    assert store.parking.wake(KEY) == 0


def test_an_expected_payment_is_made_once(store: Store) -> None:
    _park(store, "evt_1")
    _open(store, expected=True)
    for expected in (True, False):
        with pytest.raises(PaymentExists):
            _open(store, expected=expected)


def test_nothing_is_expected_that_is_there(store: Store) -> None:
    _open(store)
    event = a_provider_event()
    store.inbox.accept(event)
    with pytest.raises(PaymentExists):
        store.unit_of_work.commit(*store.inbox.park(event, KEY, NOW), store.payments.expect(KEY))
    store.unit_of_work.commit(store.inbox.settle(event, Outcome.APPLIED, NOW))
    assert store.parking.wake(KEY) == 0


def test_a_change_by_someone_who_did_not_see_the_flag_is_refused(store: Store) -> None:
    """The version is the same: without the flag in the condition, the wake-up would be lost here."""
    read = _open(store)
    store.unit_of_work.commit(store.payments.flag(read))
    unaware = read.apply(captured(), NOW)
    assert isinstance(unaware, Change)
    with pytest.raises(PaymentChanged) as caught:
        store.unit_of_work.commit(*store.payments.update(unaware))
    assert caught.value.payment == replace(read, parked=True)
    aware = caught.value.payment.apply(captured(), NOW)
    assert isinstance(aware, Change)
    assert aware.unparks
    store.unit_of_work.commit(*store.payments.update(aware))
    stored = store.payments.get(KEY)
    assert stored is not None
    assert not stored.parked


def test_a_payment_that_moved_on_is_not_flagged(store: Store) -> None:
    read = _open(store)
    change = read.apply(captured(), NOW)
    assert isinstance(change, Change)
    store.unit_of_work.commit(*store.payments.update(change))
    with pytest.raises(PaymentChanged):
        store.unit_of_work.commit(store.payments.flag(read))


def test_an_event_that_was_woken_can_be_parked_again(store: Store) -> None:
    _park(store, "evt_1")
    assert store.parking.wake(KEY) == 1
    _park(store, "evt_1")
    assert store.parking.wake(KEY) == 1


def test_only_what_waits_for_this_payment_is_woken(store: Store) -> None:
    _park(store, "evt_1")
    elsewhere = PaymentKey("other", KEY.id)
    for number, key in enumerate((elsewhere, PaymentKey("demo", created("2").payment.id))):
        event = a_provider_event(f"evt_other_{number}")
        store.inbox.accept(event)
        store.unit_of_work.commit(*store.inbox.park(event, key, NOW), store.payments.expect(key))
    assert [store.parking.wake(key) for key in (KEY, KEY, elsewhere)] == [1, 0, 1]


def test_what_is_done_is_not_parked(store: Store) -> None:
    event = a_provider_event()
    store.inbox.accept(event)
    store.unit_of_work.commit(store.inbox.settle(event, Outcome.APPLIED, NOW))
    with pytest.raises(AlreadySettled):
        store.unit_of_work.commit(*store.inbox.park(event, KEY, NOW), store.payments.expect(KEY))
    assert store.parking.wake(KEY) == 0


@pytest.mark.parametrize("round_", range(5))
def test_of_a_payment_and_its_early_event_at_once_none_overlooks_the_other(racing_store: Store, round_: int) -> None:
    store = racing_store
    event = a_provider_event()
    store.inbox.accept(event)

    def arrives() -> str:
        mine = store.sibling()
        try:
            mine.unit_of_work.commit(*mine.inbox.park(event, KEY, NOW), mine.payments.expect(KEY))
        except PaymentExists:
            return "applied"
        return "parked"

    def is_made() -> int:
        mine = store.sibling()
        try:
            _open(mine)
        except PaymentExpected:
            _open(mine, expected=True)
            return mine.parking.wake(KEY)
        return 0

    with ThreadPoolExecutor(2) as pool:
        arrived, woken = pool.submit(arrives), pool.submit(is_made)
        assert (arrived.result(), woken.result()) in (("applied", 0), ("parked", 1))

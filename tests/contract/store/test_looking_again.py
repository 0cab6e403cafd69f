"""When what is stored is due, as one write after the other moves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOW, a_provider_event, a_record, captured, created
from tests.support.stores import Store
from tollgate.inbox.model import APPLIED_WITHIN, Outcome, try_again_at
from tollgate.inbox.ports import AlreadySettled
from tollgate.kernel.idempotency import LEASE
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.attention import CHECK_AFTER
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.model import Kind, Remedy, Repair, a_finding
from tollgate.reconciliation.ports import DueEvent, DuePayment, DueRequest

PAYMENT = created().payment
KEY = PaymentKey("demo", PAYMENT.id)
LATER, MUCH_LATER = NOW + timedelta(days=1), NOW + timedelta(days=400)


def due(store: Store, at: datetime = MUCH_LATER) -> list[object]:
    return list(store.due.due(at))


def opened(store: Store) -> Payment:
    store.unit_of_work.commit(*store.payments.create(created()))
    return PAYMENT


def changed(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, NOW)
    assert isinstance(change, Change)
    return change


def test_to_put_off_a_payment_changes_nothing_else_of_it(store: Store) -> None:
    """Not even the flag that was set since it was read: an event would wait for ever."""
    read = opened(store)
    store.unit_of_work.commit(store.payments.flag(read))
    store.unit_of_work.commit(store.payments.look_again(read, LATER))
    assert store.payments.get(KEY) == replace(read, parked=True)
    assert due(store, LATER - timedelta(seconds=1)) == []
    assert due(store, LATER) == [DuePayment(KEY)]


@pytest.mark.parametrize("at", [LATER, None])
def test_a_payment_that_was_put_off_is_due_by_its_own_time_once_it_changes(store: Store, at: datetime | None) -> None:
    read = opened(store)
    store.unit_of_work.commit(store.payments.look_again(read, at))
    declined = changed(read, Report(Fact.DECLINED, NOW, reason="card_declined"))
    store.unit_of_work.commit(*store.payments.update(declined))
    assert due(store, NOW + CHECK_AFTER - timedelta(seconds=1)) == []
    assert due(store, NOW + CHECK_AFTER) == [DuePayment(KEY)]


def test_money_under_review_is_due_at_once(store: Store) -> None:
    read = opened(store)
    cancelled = changed(read, Report(Fact.CANCELLED, NOW))
    store.unit_of_work.commit(*store.payments.update(cancelled))
    assert due(store) == []
    late = changed(cancelled.payment, captured())
    store.unit_of_work.commit(*store.payments.update(late))
    assert due(store, NOW) == [DuePayment(KEY)]


@pytest.mark.parametrize("expected", [False, True])
def test_what_is_no_payment_is_neither_put_off_nor_flagged_nor_changed(store: Store, expected: bool) -> None:
    if expected:
        store.unit_of_work.commit(store.payments.expect(KEY))
    payments = store.payments
    update = payments.update(changed(PAYMENT, captured()))
    writes: list[Write] = [payments.look_again(PAYMENT, NOW), payments.flag(PAYMENT), update[0]]
    for write in writes:
        with pytest.raises(LookupError):
            store.unit_of_work.commit(write)
    with pytest.raises(LookupError):
        store.unit_of_work.commit(payments.unchanged(PAYMENT), store.idempotency.begin(a_record()))
    assert payments.get(KEY) is None
    assert due(store) == []


def test_a_request_is_due_when_the_lease_of_its_present_holder_has_passed(store: Store) -> None:
    first = a_record()
    store.unit_of_work.commit(store.idempotency.begin(first))
    second = first.leased_to("lease-2", NOW + LEASE)
    store.unit_of_work.commit(store.idempotency.take_over(first, second))
    assert due(store, NOW + 2 * LEASE - timedelta(seconds=1)) == []
    assert due(store, NOW + 2 * LEASE) == [DueRequest(first.id)]
    store.unit_of_work.commit(store.idempotency.release(second.released(NOW + LEASE, key_spent=False)))
    assert due(store, NOW + LEASE) == [DueRequest(first.id)]


def test_an_event_that_waits_is_due_the_later_the_older_it_is(store: Store) -> None:
    event = a_provider_event()
    store.inbox.accept(event)
    for age in (timedelta(0), timedelta(hours=1), timedelta(days=9)):
        store.unit_of_work.commit(*store.inbox.park(event, KEY, NOW + age))
        again = try_again_at(NOW, NOW + age)
        assert due(store, again - timedelta(seconds=1)) == []
        assert due(store, again) == [DueEvent("stripe", event.id)]


@pytest.mark.parametrize("outcome", [None, Outcome.PARKED, Outcome.FAILED])
def test_what_is_put_away_is_as_it_was_and_due_again_only_when_it_was_tried(
    store: Store, outcome: Outcome | None
) -> None:
    event = a_provider_event()
    store.inbox.accept(event)
    if outcome is not None:
        store.unit_of_work.commit(store.inbox.settle(event, outcome, NOW))
    store.unit_of_work.commit(store.inbox.put_away(event, LATER))
    assert (store.inbox.get("stripe", event.id), store.inbox.outcome("stripe", event.id)) == (event, outcome)
    assert due(store) == []
    assert not store.inbox.accept(event)
    assert due(store) == []
    store.unit_of_work.commit(store.inbox.settle(event, Outcome.FAILED, LATER))
    assert due(store) == [DueEvent("stripe", event.id)]


def test_what_never_came_is_not_put_away(store: Store) -> None:
    with pytest.raises(AlreadySettled):
        store.unit_of_work.commit(store.inbox.put_away(a_provider_event(), NOW))
    assert store.inbox.get("stripe", "evt_1") is None


def test_what_becomes_of_an_event_leaves_what_was_signed(store: Store) -> None:
    event = a_provider_event()
    store.inbox.accept(event)
    other = replace(event, payload=b"other", received_at=NOW + APPLIED_WITHIN)
    store.unit_of_work.commit(*store.inbox.park(other, KEY, NOW))
    store.unit_of_work.commit(store.inbox.put_away(other, NOW))
    store.unit_of_work.commit(store.inbox.settle(other, Outcome.APPLIED, NOW))
    assert store.inbox.get("stripe", event.id) == event


def test_a_finding_that_is_not_due_is_not_made_so_by_putting_it_off(store: Store) -> None:
    finding = a_finding(Kind.HELD_MONEY, "demo", ("payment", PAYMENT.id), Remedy.REFUND, NOW)
    noted, event = finding.changed(Repair.PROPOSED, NOW)
    store.unit_of_work.commit(*store.findings.put(noted, event, None))
    store.unit_of_work.commit(store.findings.look_again(noted, NOW))
    assert due(store) == []

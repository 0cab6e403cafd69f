"""Payments are stored whole, with their events, and only over the version they were made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_capture, a_line, a_report, a_session, captured, created, usd
from tests.support.stores import Store
from tollgate.kernel.money import Money
from tollgate.payments.errors import PaymentChanged, PaymentExists, ReferenceTaken
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.ports import PaymentKey


def key_of(payment: Payment) -> PaymentKey:
    return PaymentKey(payment.tenant, payment.id)


def opened(store: Store, name: str = "1") -> Payment:
    change = created(name)
    store.unit_of_work.commit(*store.payments.create(change))
    return change.payment


def changed(payment: Payment, report: Report) -> Change:
    outcome = payment.apply(report, NOW)
    assert isinstance(outcome, Change)
    return outcome


def test_a_payment_comes_back_as_it_was_stored(store: Store) -> None:
    full = created(
        owner="user#1/ü",
        consumer="tickets",
        client_reference="Bestellung №7",
        items=(a_line(name="Café «Zoë» 🎟", quantity=3), a_line(code="b.c:d-e", quantity=1, unit=usd(0))),
        session=a_session(url=None, link="LINK1"),
        captures=(a_capture("pi_1", usd(4999)), a_capture("pi_2", Money(5000, "JPY"), NOW + timedelta(seconds=1))),
        refundable=-5,
        reason="card_declined",
        review="second_capture",
        retry_of="pay_before",
        seller="ven_1",
        fee=410,
        provider_fee=175,
        reserve=459,
        approved=7,
        direct=True,
        hold=True,
        refused_at=NOW + timedelta(milliseconds=7),
        settled_at=NOW + timedelta(days=2),
        email="zoë+tickets@mail.example",
        created_at=NOW + timedelta(milliseconds=123),
    )
    store.unit_of_work.commit(*store.payments.create(full))
    assert store.payments.get(key_of(full.payment)) == full.payment


def test_the_address_of_a_page_lies_with_the_reference(store: Store) -> None:
    opened = created(session=a_session())
    store.unit_of_work.commit(*store.payments.create(opened), store.payments.point(opened.payment, "cs_1", "https://p"))
    stored = store.payments.get(key_of(opened.payment))
    assert stored is not None
    assert (stored.session, store.payments.page(stored)) == (a_session(url=None), "https://p")
    assert store.payments.page(created(session=a_session("cs_2")).payment) is None
    assert store.payments.page(created().payment) is None


@pytest.mark.parametrize("state", State)
def test_every_state_comes_back(store: Store, state: State) -> None:
    change = created(state=state, session=a_session(url=None))
    store.unit_of_work.commit(*store.payments.create(change))
    assert store.payments.get(key_of(change.payment)) == change.payment


def test_what_was_never_stored_is_not_there(store: Store) -> None:
    payment = opened(store)
    assert store.payments.get(PaymentKey("demo", "pay_nothing")) is None
    assert store.payments.get(PaymentKey("other", payment.id)) is None
    assert store.payments.history(PaymentKey("demo", "pay_nothing")) == ()
    assert store.payments.find("stripe", "cs_1") is None


def test_a_taken_id_answers_with_the_payment_that_has_it(store: Store) -> None:
    first = opened(store)
    with pytest.raises(PaymentExists) as caught:
        store.unit_of_work.commit(*store.payments.create(created("1", owner="user-2", amount=usd(1))))
    assert caught.value.payment == first
    assert store.payments.get(key_of(first)) == first


def test_the_same_id_of_another_tenant_is_another_payment(store: Store) -> None:
    first, other = opened(store), created("1", tenant="other")
    store.unit_of_work.commit(*store.payments.create(other))
    assert store.payments.get(key_of(other.payment)) == other.payment
    assert store.payments.get(key_of(first)) == first


def test_a_change_is_stored_over_the_version_it_was_made_from(store: Store) -> None:
    change = changed(opened(store), captured())
    store.unit_of_work.commit(*store.payments.update(change))
    assert store.payments.get(key_of(change.payment)) == change.payment


def test_what_a_change_leaves_out_is_gone(store: Store) -> None:
    declined = changed(opened(store), Report(Fact.DECLINED, NOW, reason="card_declined"))
    store.unit_of_work.commit(*store.payments.update(declined))
    confirmed = changed(declined.payment, captured())
    store.unit_of_work.commit(*store.payments.update(confirmed))
    stored = store.payments.get(key_of(confirmed.payment))
    assert stored is not None
    assert stored.reason is None


def test_a_change_of_an_old_version_answers_with_the_payment_as_it_stands(store: Store) -> None:
    old = opened(store)
    faster = changed(old, captured())
    store.unit_of_work.commit(*store.payments.update(faster))
    with pytest.raises(PaymentChanged) as caught:
        store.unit_of_work.commit(*store.payments.update(changed(old, a_report(Fact.FAILED))))
    assert caught.value.payment == faster.payment
    assert len(store.payments.history(key_of(old))) == 2


def test_a_change_of_a_payment_that_is_not_there_is_a_mistake(store: Store) -> None:
    with pytest.raises(LookupError):
        store.unit_of_work.commit(*store.payments.update(changed(created().payment, captured())))
    assert store.payments.get(key_of(created().payment)) is None


def test_a_change_that_skips_a_version_is_refused(store: Store) -> None:
    ahead = replace(opened(store), version=5)
    with pytest.raises(PaymentChanged):
        store.unit_of_work.commit(*store.payments.update(changed(ahead, captured())))


def test_history_is_every_event_in_order_and_no_one_elses(store: Store) -> None:
    opened(store, "2")
    payment = opened(store)
    for number in range(12):
        change = changed(payment, Report(Fact.DECLINED, NOW, reason=f"decline {number}"))
        store.unit_of_work.commit(*store.payments.update(change))
        payment = change.payment
    history = store.payments.history(key_of(payment))
    assert [event["sequence"] for event in history] == list(range(1, 14))
    assert [event["data"]["reason"] for event in history[1:]] == [f"decline {number}" for number in range(12)]
    assert history[0] == created().event.envelope()


class TestReference:
    def test_it_leads_to_the_payment(self, store: Store) -> None:
        payment = opened(store)
        store.unit_of_work.commit(store.payments.point(payment, "cs_1"))
        assert store.payments.find("stripe", "cs_1") == key_of(payment)
        assert store.payments.find("paypal", "cs_1") is None

    def test_pointing_twice_is_fine(self, store: Store) -> None:
        payment = opened(store)
        for _ in range(2):
            store.unit_of_work.commit(store.payments.point(payment, "cs_1"))
        assert store.payments.find("stripe", "cs_1") == key_of(payment)

    def test_it_never_leads_elsewhere_later(self, store: Store) -> None:
        payment, other = opened(store), opened(store, "2")
        store.unit_of_work.commit(store.payments.point(payment, "cs_1"))
        with pytest.raises(ReferenceTaken):
            store.unit_of_work.commit(store.payments.point(other, "cs_1"))
        assert store.payments.find("stripe", "cs_1") == key_of(payment)

    def test_it_does_not_leave_its_tenant_even_for_the_same_id(self, store: Store) -> None:
        payment, twin = opened(store), created("1", tenant="other").payment
        store.unit_of_work.commit(store.payments.point(payment, "cs_1"))
        with pytest.raises(ReferenceTaken):
            store.unit_of_work.commit(store.payments.point(twin, "cs_1"))
        assert store.payments.find("stripe", "cs_1") == key_of(payment)

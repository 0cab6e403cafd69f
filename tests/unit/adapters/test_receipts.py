"""A receipt tells of the payment as it is stored, and of whether money came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOW, a_capture, a_line, a_payment, captured, created, usd
from tests.support.stores import InMemory
from tollgate.adapters.receipts import PaymentReceipts
from tollgate.mails.model import Receipt, ReceiptLine
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Change, Payment
from tollgate.payments.values import Billing

EMAIL = "zoe@mail.example"


def receipt(stored: Payment, tenant: str = "demo") -> Receipt | None:
    store = InMemory()
    change = stored.with_event("payments.payment.created", NOW, {}, None)
    store.unit_of_work.commit(*store.payments.create(change))
    return PaymentReceipts(store.payments).of(tenant, stored.id)


def test_it_has_the_lines_at_their_price_and_the_buyers_own_reference() -> None:
    lines = (a_line(quantity=3, unit=usd(1000)), a_line(code="poster", name="Poster", quantity=1, unit=usd(2000)))
    stored = a_payment(State.CONFIRMED, items=lines, email=EMAIL, client_reference="order-1")
    assert receipt(stored) == Receipt(
        email=EMAIL,
        payment_id=stored.id,
        amount=usd(5000),
        lines=(ReceiptLine("Concert ticket", 3, usd(3000)), ReceiptLine("Poster", 1, usd(2000))),
        paid=True,
        unpaid=False,
        reference="order-1",
    )


@pytest.mark.parametrize("state", State)
def test_only_what_was_taken_in_full_is_paid_and_only_what_has_failed_is_unpaid(state: State) -> None:
    told = receipt(a_payment(state, email=EMAIL))
    assert told is not None
    assert told.paid is (state in (State.CONFIRMED, State.SETTLED))
    assert told.unpaid is (state is State.FAILED)


@pytest.mark.parametrize(
    "fields", [{"captures": (a_capture(),), "review": "late_capture"}, {"captures": (a_capture(),)}]
)
def test_a_payment_that_failed_and_for_which_money_came_is_not_unpaid(fields: dict[str, Any]) -> None:
    told = receipt(a_payment(State.FAILED, email=EMAIL, **fields))
    assert told is not None
    assert not told.unpaid


def test_a_trial_that_begins_with_a_payment_of_nothing_has_no_receipt() -> None:
    trial = a_payment(State.CONFIRMED, amount=usd(0), email=EMAIL, billing=Billing("sub_1", "in_1"))
    for payment, paid in ((trial, False), (replace(trial, amount=usd(1)), True), (replace(trial, billing=None), True)):
        told = receipt(payment)
        assert told is not None
        assert told.paid is paid


def test_only_the_first_payment_of_a_subscription_is_to_be_ordered_again_where_it_has_failed() -> None:
    for invoice, unpaid in ((None, True), ("in_2", False)):
        told = receipt(a_payment(State.FAILED, email=EMAIL, billing=Billing("sub_1", invoice)))
        assert told is not None
        assert told.unpaid is unpaid


def test_without_an_address_there_is_no_receipt_nor_for_another_tenant() -> None:
    assert receipt(a_payment(State.CONFIRMED)) is None
    assert receipt(a_payment(State.CONFIRMED, email=EMAIL), tenant="other") is None
    assert PaymentReceipts(InMemory().payments).of("demo", "pay_nothing") is None


def test_the_address_is_in_no_event_and_no_text_of_the_payment() -> None:
    opened = created(email=EMAIL)
    paid = opened.payment.apply(captured(), NOW)
    assert isinstance(paid, Change)
    for change in (opened, paid):
        assert EMAIL not in repr(change) + change.event.to_json()
        assert change.payment.email == EMAIL

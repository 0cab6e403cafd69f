"""Held money that goes back: nothing else of its payment goes with it, and nobody needs to decide any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.builders import NOW, a_payment, captured, usd
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState


def _changed(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, NOW)
    assert isinstance(change, Change)
    return change


def _told(payment: Payment, state: RefundState, id_: str = "ref_1", amount: Money | None = None) -> Change:
    return _changed(payment, Report(Fact.REFUND, NOW, refund=RefundReport(state, id_, amount=amount)))


def _gone(payment: Payment, id_: str = "ref_1") -> Payment:
    """After a refund of all that may go back now."""
    return _told(_told(payment, RefundState.REQUESTED, id_).payment, RefundState.SUCCEEDED, id_).payment


def test_a_sale_whose_second_capture_went_back_is_a_sale_like_any_other() -> None:
    """It settles by the reconciler, which leaves alone what is under review, and it can be given back."""
    kept = _gone(_changed(a_payment(State.CONFIRMED), captured("pi_2")).payment)
    assert (kept.review, kept.refundable) == (None, 5_000)
    returned = _gone(kept, "ref_2")
    assert [(each.capture, each.amount, each.held) for each in returned.refunds] == [
        ("pi_2", 5_000, True),
        ("pi_1", 5_000, False),
    ]


def _at_the_dashboard(capture: str) -> Report:
    told = RefundReport(RefundState.SUCCEEDED, None, "re_1", usd(5_000), capture=capture)
    return Report(Fact.REFUND, NOW, refund=told)


def test_a_refund_of_the_dashboard_is_of_the_capture_that_it_names() -> None:
    """The sale went back, while its second capture waits for a decision."""
    held = _changed(a_payment(State.CONFIRMED), captured("pi_2")).payment
    sale_back = _changed(held, _at_the_dashboard("pi_1"))
    assert (sale_back.payment.review, sale_back.entries[0].kind) == ("second_capture", "refund_succeeded")
    held_back = _changed(held, _at_the_dashboard("pi_2"))
    assert (held_back.payment.review, held_back.entries[0].kind) == (None, "held_money_refunded")


def test_a_refund_of_a_capture_that_is_not_known_yet_waits_for_it() -> None:
    assert a_payment(State.CONFIRMED).apply(_at_the_dashboard("pi_2"), NOW) is Meaning.EARLY


@pytest.mark.parametrize("payment", [a_payment(State.CANCELLED), a_payment()])
def test_all_that_is_held_can_go_back_one_capture_after_the_other(payment: Payment) -> None:
    held = _changed(_changed(payment, captured("pi_1", usd(4_000))).payment, captured("pi_2", usd(3_000))).payment
    one = _gone(held)
    assert (one.review is None, one.refundable) == (False, 4_000)
    both = _gone(one, "ref_2")
    assert (both.review, both.refundable) == (None, 0)


def test_held_money_stays_under_review_while_a_part_of_it_is_on_its_way() -> None:
    held = _changed(a_payment(State.CANCELLED), captured()).payment
    asked = _told(held, RefundState.REQUESTED, "ref_1", usd(2_000)).payment
    asked = _told(asked, RefundState.PENDING, "ref_1").payment
    rest = _gone(asked, "ref_2")
    assert rest.review == "late_capture"
    assert _told(rest, RefundState.SUCCEEDED, "ref_1").payment.review is None


@pytest.mark.parametrize(
    ("payment", "amount", "why"),
    [
        (a_payment(State.CANCELLED), 5_000, "late_capture"),
        (a_payment(State.CONFIRMED), 5_000, "second_capture"),
        (a_payment(), 4_000, "amount_mismatch"),
    ],
)
def test_held_money_that_a_bank_sends_back_is_held_again(payment: Payment, amount: int, why: str) -> None:
    held = _changed(payment, captured("pi_9", usd(amount))).payment
    asked = _told(held, RefundState.REQUESTED).payment
    gone = _told(asked, RefundState.SUCCEEDED)
    returned = _told(gone.payment, RefundState.FAILED)
    assert (gone.payment.review, returned.payment.review) == (None, why)
    assert returned.payment.refundable == held.refundable
    (out,), (back,) = gone.entries, returned.entries
    assert back.reverses == out.id
    assert back.postings == tuple(replace(posting, amount=-posting.amount) for posting in out.postings)
    assert _gone(returned.payment, "ref_2").refunds[-1].held

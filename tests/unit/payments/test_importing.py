"""A payment of another system is as if it had been settled here, but for its money, which is in other books."""

from __future__ import annotations

from datetime import timedelta

from tests.support.builders import NOW, a_capture, a_draft, captured, usd
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.importing import RefundedBefore, imported
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState

LATER = NOW + timedelta(days=100)
BACK = RefundedBefore("re_1", 2000, NOW + timedelta(days=1))


def an_imported(back: RefundedBefore | None = None) -> Payment:
    return imported(a_draft(), a_capture(), "order-1", LATER, back).payment


def _applied(payment: Payment, report: Report) -> Change:
    change = payment.apply(report, LATER)
    assert isinstance(change, Change), change
    return change


def _refund(amount: int, reference: str = "re_2", **fields: object) -> Report:
    told = RefundReport(RefundState.SUCCEEDED, reference=reference, amount=usd(amount), **fields)  # type: ignore[arg-type]
    return Report(Fact.REFUND, LATER, refund=told)


def test_it_is_settled_and_nothing_is_posted() -> None:
    change = imported(a_draft(), a_capture(), "order-1", LATER, None)
    assert (change.event.type, change.event.sequence, change.entries) == ("payments.purchase.imported", 1, ())
    assert (change.payment.status, change.payment.refundable, change.payment.due_at) == ("settled", 5000, None)
    assert (change.event.data["legacy_id"], change.event.data["captured"]) == ("order-1", 5000)
    assert change.payment.created_at == NOW


def test_what_went_back_there_can_not_go_back_again() -> None:
    assert (an_imported(BACK).status, an_imported(BACK).refundable) == ("partially_refunded", 3000)
    assert an_imported(RefundedBefore("re_1", 5000, NOW)).status == "refunded"
    assert an_imported(BACK).due_at is None


def test_its_capture_told_again_is_known() -> None:
    assert an_imported().apply(captured(), LATER) is Meaning.REPEAT


def test_its_refund_told_again_is_known_and_another_is_none() -> None:
    assert an_imported(BACK).apply(_refund(2000, "re_1"), LATER) is Meaning.REPEAT
    change = _applied(an_imported(BACK), _refund(3000))
    assert (change.payment.status, change.payment.refundable) == ("refunded", 0)


def test_what_goes_back_here_is_taken_from_what_is_available() -> None:
    (entry,) = _applied(an_imported(), _refund(1200)).entries
    moved = {each.account: each.amount for each in entry.postings}
    assert moved == {"provider_clearing:stripe": 1200, "seller_available:tenant": -1200}


def test_a_refund_of_there_that_comes_back_here_is_added_to_it() -> None:
    failed = RefundReport(RefundState.FAILED, reference="re_1", amount=usd(2000))
    (entry,) = _applied(an_imported(BACK), Report(Fact.REFUND, LATER, refund=failed)).entries
    moved = {each.account: each.amount for each in entry.postings}
    assert moved == {"provider_clearing:stripe": -2000, "seller_available:tenant": 2000}


def test_a_dispute_moves_what_one_of_a_settled_payment_moves() -> None:
    told = DisputeReport("dp_1", usd(5000), DisputeState.OPEN, usd(1500), capture="pi_1")
    change = _applied(an_imported(), Report(Fact.DISPUTE, LATER, dispute=told))
    (entry,) = change.entries
    assert sum(each.amount for each in entry.postings) == 0
    assert {each.account for each in entry.postings} >= {"seller_available:tenant", "seller_reserved:tenant"}
    assert change.payment.status == "disputed"


def test_it_is_settled_once() -> None:
    assert an_imported().apply(Report(Fact.SETTLED, LATER), LATER) is Meaning.REPEAT

"""Refunds at a provider that gives back all of what it took or nothing, and that never repeats our id."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, captured, created, usd
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.splitting import RefundOrder
from tollgate.payments.tenders import Tender, TenderKind

PRICE = 5_000
CREDIT = Tender("hld_1", TenderKind.CREDIT, "cus_1", 2_000)


def _sold(*tenders: Tender) -> Payment:
    payment = created(provider="segpay", seller="ven_1", tenders=tenders).payment
    return _after(payment, captured("1001", payment.due))


def _after(payment: Payment, *reports: Report) -> Payment:
    for report in reports:
        change = payment.apply(report, NOW)
        assert isinstance(change, Change)
        payment = change.payment
    return payment


def _asked(amount: int | None = None, order: RefundOrder = RefundOrder.CARD_FIRST) -> Report:
    wanted = None if amount is None else usd(amount)
    told = RefundReport(RefundState.REQUESTED, "ref_1", amount=wanted, undivided=True, order=order)
    return Report(Fact.REFUND, NOW, refund=told)


def _told(reference: str = "1002", amount: int = PRICE, state: RefundState = RefundState.SUCCEEDED) -> Report:
    told = RefundReport(state, None, reference, usd(amount), capture="1001", unnamed=True)
    return Report(Fact.REFUND, NOW, refund=told)


def _answered(state: RefundState) -> Report:
    return Report(Fact.REFUND, NOW, refund=RefundReport(state, "ref_1"))


@pytest.mark.parametrize("amount", [1, PRICE - 1])
def test_a_part_is_refused_before_anything_is_reserved(amount: int) -> None:
    with pytest.raises(NotRefundable, match="segpay gives back all"):
        _sold().apply(_asked(amount), NOW)


@pytest.mark.parametrize("amount", [None, PRICE])
def test_all_of_it_goes_back(amount: int | None) -> None:
    (refund,) = _after(_sold(), _asked(amount)).refunds
    assert (refund.amount, refund.state) == (PRICE, RefundState.REQUESTED)


def test_what_was_paid_with_credit_goes_back_in_parts_all_the_same() -> None:
    (refund,) = _after(_sold(CREDIT), _asked(500, RefundOrder.TENDERS_FIRST)).refunds
    assert (refund.amount, refund.onto_tenders, refund.state) == (0, 500, RefundState.SUCCEEDED)
    with pytest.raises(NotRefundable):
        _sold(CREDIT).apply(_asked(500), NOW)


@pytest.mark.parametrize("before", [[], [_answered(RefundState.UNKNOWN)], [_answered(RefundState.PENDING)]])
def test_the_providers_word_of_it_ends_the_refund_that_was_asked_for(before: list[Report]) -> None:
    payment = _after(_sold(), _asked(), *before, _told())
    (refund,) = payment.refunds
    assert (refund.id, refund.state, refund.reference) == ("ref_1", RefundState.SUCCEEDED, "1002")
    assert (payment.refundable, payment.status) == (0, "refunded")
    assert payment.apply(_answered(RefundState.SUCCEEDED), NOW) is Meaning.REPEAT


def test_its_word_after_its_answer_says_nothing_new() -> None:
    payment = _after(_sold(), _asked(), _answered(RefundState.SUCCEEDED))
    assert payment.apply(_told(), NOW) is Meaning.REPEAT


@pytest.mark.parametrize(("before", "amount"), [([_asked(), _answered(RefundState.FAILED)], PRICE), ([_asked()], 700)])
def test_what_was_made_at_its_portal_is_another_refund(before: list[Report], amount: int) -> None:
    """In place of one that was refused, or of another amount than ours."""
    payment = _after(_sold(), *before, _told(amount=amount))
    assert [each.id == "ref_1" for each in payment.refunds] == [True, False]
    assert payment.refundable == PRICE - amount - (PRICE if len(before) == 1 else 0)


def test_one_that_repeats_our_id_is_never_guessed_at() -> None:
    """Stripe's dashboard makes refunds of the same amount."""
    named = RefundReport(RefundState.SUCCEEDED, None, "re_1", Money(PRICE, "USD"), capture="1001")
    payment = _after(_sold(), _asked(), Report(Fact.REFUND, NOW, refund=named))
    assert len(payment.refunds) == 2

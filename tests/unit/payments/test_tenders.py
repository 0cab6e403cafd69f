"""A payment that is paid with more than a provider: each tender resolves once, with the payment."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_report, captured, created, usd
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.splitting import RefundOrder
from tollgate.payments.tenders import Tender, TenderKind, TenderState

CARD = Tender("hld_1", TenderKind.GIFT_CARD, "gft_1", 3_000)
CREDIT = Tender("hld_2", TenderKind.CREDIT, "cus_1", 500)


def a_mixed_payment(*tenders: Tender) -> Payment:
    """Of 5000, the provider takes what the tenders leave."""
    return created(seller="ven_1", fee=400, tenders=tenders or (CARD, CREDIT)).payment


def after(payment: Payment, *reports: Report) -> Payment:
    for report in reports:
        change = payment.apply(report, NOW)
        assert isinstance(change, Change)
        payment = change.payment
    return payment


def a_refund(**fields: object) -> Report:
    asked = {"state": RefundState.REQUESTED, "id": "ref_1", "order": RefundOrder.CARD_FIRST} | fields
    return Report(Fact.REFUND, NOW, refund=RefundReport(**asked))  # type: ignore[arg-type]  # fields of a report


def states(payment: Payment) -> list[TenderState]:
    return [each.state for each in payment.tenders]


def test_the_provider_takes_what_the_tenders_leave() -> None:
    assert a_mixed_payment().due == usd(1_500)


def test_its_part_confirms_the_payment_and_takes_what_is_held() -> None:
    paid = after(a_mixed_payment(), captured(amount=usd(1_500)))
    assert (paid.state, states(paid)) == (State.CONFIRMED, [TenderState.CAPTURED] * 2)
    assert (paid.refundable, paid.status) == (5_000, "confirmed")


def test_the_whole_price_is_not_what_was_asked_of_the_provider() -> None:
    held = after(a_mixed_payment(), captured(amount=usd(5_000)))
    assert (held.state, held.review, states(held)) == (State.PENDING, "amount_mismatch", [TenderState.VOIDED] * 2)


@pytest.mark.parametrize("fact", [Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED])
def test_what_is_held_is_let_go_once_it_has_ended(fact: Fact) -> None:
    assert states(after(a_mixed_payment(), a_report(fact))) == [TenderState.VOIDED] * 2


@pytest.mark.parametrize("fact", [Fact.PROCESSING, Fact.DECLINED])
def test_what_is_held_stays_so_while_the_buyer_may_still_pay(fact: Fact) -> None:
    assert states(after(a_mixed_payment(), a_report(fact))) == [TenderState.HELD] * 2


def test_money_that_comes_late_does_not_bring_back_what_was_let_go() -> None:
    late = after(a_mixed_payment(), a_report(Fact.EXPIRED), captured(amount=usd(1_500)))
    assert (late.review, states(late), late.refundable) == ("late_capture", [TenderState.VOIDED] * 2, 1_500)


def test_the_sale_is_posted_against_those_who_were_owed() -> None:
    change = a_mixed_payment().apply(captured(amount=usd(1_500)), NOW)
    assert isinstance(change, Change)
    (entry,) = change.entries
    assert {each.account: each.amount for each in entry.postings} == {
        "provider_clearing:stripe": -1_500,
        "gift_card_liability": -3_000,
        "customer_credit:cus_1": -500,
        "seller_pending:ven_1": 4_600,
        "platform_fees": 400,
    }


def test_what_goes_onto_tenders_goes_when_the_providers_part_has_gone() -> None:
    asked = after(a_mixed_payment(), captured(amount=usd(1_500)), a_refund(amount=usd(2_500)))
    (refund,) = asked.refunds
    assert (refund.amount, refund.onto_tenders, refund.gone, asked.refundable) == (1_500, 1_000, 0, 2_500)
    change = asked.apply(a_refund(state=RefundState.SUCCEEDED, reference="re_1"), NOW)
    assert isinstance(change, Change)
    assert change.payment.refunds[0].gone == 2_500
    assert change.event.data["refunded"] == 2_500
    accounts = [{each.account for each in entry.postings} for entry in change.entries]
    assert accounts == [
        {"provider_clearing:stripe", "seller_pending:ven_1", "platform_fees"},
        {"gift_card_liability", "seller_pending:ven_1", "platform_fees"},
    ]


def test_a_refund_onto_tenders_alone_has_gone_at_once() -> None:
    paid = after(a_mixed_payment(), captured(amount=usd(1_500)))
    change = paid.apply(a_refund(amount=usd(3_200), order=RefundOrder.TENDERS_FIRST), NOW)
    assert isinstance(change, Change)
    (refund,) = change.payment.refunds
    assert (refund.state, refund.amount, refund.onto_tenders) == (RefundState.SUCCEEDED, 0, 3_200)
    assert (change.event.type, len(change.entries)) == ("payments.purchase.refunded", 1)


def test_what_comes_back_of_a_refund_is_the_providers_part_alone() -> None:
    back = after(
        a_mixed_payment(),
        captured(amount=usd(1_500)),
        a_refund(),
        a_refund(state=RefundState.SUCCEEDED, reference="re_1"),
        a_refund(state=RefundState.FAILED, reference="re_1"),
    )
    assert (back.refundable, back.refunds[0].gone, back.status) == (1_500, 3_500, "partially_refunded")


def test_a_refund_that_failed_gives_up_both_parts() -> None:
    failed = after(
        a_mixed_payment(), captured(amount=usd(1_500)), a_refund(), a_refund(state=RefundState.FAILED, reference="re_1")
    )
    assert (failed.refundable, failed.refunds[0].whole, failed.status) == (5_000, 1_500, "confirmed")


def test_a_payment_that_tenders_cover_is_confirmed_by_nothing_more() -> None:
    covered = after(
        a_mixed_payment(Tender("hld_1", TenderKind.CREDIT, "cus_1", 5_000)), captured("cov_1", amount=usd(0))
    )
    assert (covered.state, covered.refundable) == (State.CONFIRMED, 5_000)


def test_a_gift_card_that_was_bought_goes_back_as_a_whole() -> None:
    bought = after(created(gift_card="gft_1").payment, captured())
    with pytest.raises(NotRefundable):
        bought.apply(a_refund(amount=usd(4_999)), NOW)
    assert after(bought, a_refund()).refundable == 0


def test_nothing_is_earned_of_a_gift_card_when_it_is_settled() -> None:
    bought = after(created(gift_card="gft_1", provider_fee=175).payment, captured())
    change = bought.apply(a_report(Fact.SETTLED), NOW)
    assert isinstance(change, Change)
    assert change.payment.reserve == 0


def test_a_second_capture_of_a_mixed_payment_is_no_sales() -> None:
    twice = after(a_mixed_payment(), captured(amount=usd(1_500)), captured("pi_2", amount=usd(1_500)))
    assert (twice.review, twice.refundable) == ("second_capture", 6_500)
    assert twice.apply(captured("pi_2", amount=usd(1_500)), NOW) is Meaning.REPEAT

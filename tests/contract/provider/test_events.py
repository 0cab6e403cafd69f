"""What is told of the same course is the same, to the real reader."""

from __future__ import annotations

import pytest

from tests.contract.provider.providers import PayingProvider, Provider, a_payout, a_refund, a_sale, paid
from tests.support.builders import a_provider_event, usd
from tollgate.inbox.model import Notice
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payouts.model import PayoutState
from tollgate.payouts.notices import PayoutNotice
from tollgate.payouts.providers import Answered
from tollgate.subscriptions.notices import SubscriptionNotice


def _heard(provider: Provider, *names: str) -> list[Notice | PayoutNotice | SubscriptionNotice]:
    """What these events say to us, in the order of the names: the type, and what else tells one from another."""
    told, reader = dict(provider.told(*names)), provider.words.reader
    read = [reader.read(a_provider_event(type=name.split()[0], payload=told[name])) for name in names]
    return [each for each in read if each is not None]


def test_a_purchase_is_told_with_our_echo_however_often(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    notices = _heard(provider, *provider.words.purchase)
    assert len(notices) == len(provider.words.purchase)
    for notice in notices:
        assert isinstance(notice, Notice)
        assert (notice.tenant, notice.payment_id, notice.report.fact) == (payment.tenant, payment.id, Fact.CAPTURED)
        assert notice.report.capture is not None
        assert notice.report.capture.reference == payment.captures[0].reference


def test_a_refund_of_the_dashboard_is_told_with_the_charge_alone(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    provider.refund_at_dashboard(payment.captures[0].reference, 1_000)
    (notice,) = _heard(provider, provider.words.refund)
    assert isinstance(notice, Notice)
    assert notice.report.refund is not None
    assert (notice.payment_id, notice.report.refund.id, notice.report.refund.amount) == (None, None, usd(1_000))
    assert notice.reference == payment.captures[0].reference


def test_a_refund_is_told_with_our_id(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    refund = a_refund(payment, 2_000)
    provider.refunds.refund(provider.refunds.refund_parameters(payment, refund), "key_r")
    (ours,) = _heard(provider, provider.words.refund)
    assert isinstance(ours, Notice)
    assert ours.report.refund is not None
    assert (ours.report.refund.id, ours.report.refund.state) == (refund.id, provider.words.made)
    assert (ours.tenant, ours.payment_id) == (payment.tenant, payment.id)


def test_a_dispute_is_told_when_the_money_is_taken_with_its_fee_and_when_it_ends(provider: Provider) -> None:
    payment = paid(provider, a_sale(provider))
    dispute = provider.dispute(payment.captures[0].reference)
    provider.win(dispute)
    taken, closed = _heard(provider, provider.words.dispute_taken, provider.words.dispute_closed)
    for notice, state in ((taken, DisputeState.OPEN), (closed, DisputeState.WON)):
        assert isinstance(notice, Notice)
        assert notice.report.dispute is not None
        told = notice.report.dispute
        assert (told.reference, told.amount, told.state) == (dispute, usd(5_000), state)
        assert notice.reference == payment.captures[0].reference
        assert told.fee == provider.words.dispute_fee


@pytest.mark.parametrize("provider", ["books", "stripe"], indirect=True)
def test_what_a_bank_does_with_a_payout_is_told_from_its_account(provider: PayingProvider) -> None:
    provider.earn(50_000)
    payout = a_payout(provider, provider.account())
    parameters = provider.payouts.parameters(payout)
    provider.payouts.transfer(parameters, "key_t")
    sent = provider.payouts.pay_out(parameters, "key_p")
    assert isinstance(sent, Answered)
    assert sent.report.reference is not None
    provider.bank_takes(sent.report.reference)
    (notice,) = _heard(provider, "payout.paid")
    assert isinstance(notice, PayoutNotice)
    assert (notice.tenant, notice.payout_id, notice.account) == (payout.tenant, payout.id, payout.account)
    assert (notice.amount, notice.report.state) == (usd(payout.net), PayoutState.PAID)

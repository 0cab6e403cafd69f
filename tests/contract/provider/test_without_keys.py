"""A provider that keeps no keys, no sessions and no refunds of its own: nothing is sent twice, and reports tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.contract.provider.at_segpay import AtSegpay
from tests.contract.provider.providers import AT_SEGPAY, a_refund, a_sale, opened, paid
from tests.simulators.segpay_world import ACCOUNT, PACKAGES
from tests.support.builders import usd
from tollgate.checkout.ports import Absent, Anew, Closed, StillOpen, Unknown
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState
from tollgate.refunds.ports import Answered, NotYet, PaidOut

pytestmark = AT_SEGPAY
PRICE = 5_000


def _given_back(provider: AtSegpay, payment: Payment) -> Answered:
    refund = a_refund(payment, PRICE)
    outcome = provider.refunds.refund(provider.refunds.refund_parameters(payment, refund), "no key")
    assert isinstance(outcome, Answered)
    return outcome


def test_a_page_that_no_buyer_has_seen_is_nothing_and_another_is_as_good(provider: AtSegpay) -> None:
    payment = a_sale(provider)
    first = opened(provider, payment)
    assert provider.checkouts.recovery == Anew()
    second = opened(provider, payment, "key_2")
    assert (second.reference, second.url != first.url) == (first.reference, True)
    assert second.expires_at - provider.clock.now() > timedelta(hours=23)


def test_a_page_ends_for_us_and_money_that_comes_after_is_told_all_the_same(provider: AtSegpay) -> None:
    session = opened(provider, a_sale(provider))
    provider.advance(timedelta(hours=25))
    for outcome in (provider.checkouts.look(session), provider.checkouts.close(session)):
        assert isinstance(outcome, Closed)
        assert (outcome.report.fact, outcome.report.about) == (Fact.EXPIRED, session.reference)
    provider.pay(session)
    late = provider.checkouts.look(session)
    assert isinstance(late, Closed)
    assert late.report.fact is Fact.CAPTURED


def test_what_was_declined_is_open_and_what_was_paid_is_listed_with_our_echo(provider: AtSegpay) -> None:
    payment, other = a_sale(provider), replace(a_sale(provider), id="pay_" + "0" * 26)
    session = opened(provider, payment)
    opened(provider, other)
    provider.simulator.pay(session.url, card="4444444444445555")
    assert isinstance(provider.checkouts.look(session), StillOpen)
    provider.pay(session)
    now, minute = provider.clock.now(), timedelta(minutes=1)
    (seen,) = provider.checkouts.list_sessions(now - minute, now + minute)
    assert (seen.session.reference, seen.tenant, seen.payment_id) == (payment.id, payment.tenant, payment.id)
    assert list(provider.checkouts.list_sessions(now + minute, now + 2 * minute)) == []
    # Whatever column has the time.
    provider.secrets.values["segpay/api"] = {**ACCOUNT, "eticket_ids": PACKAGES, "report_columns": {"x": "TransDate"}}
    assert [each.payment_id for each in provider.checkouts.list_sessions(now - minute, now + minute)] == [payment.id]


def test_a_link_that_somebody_changed_proves_nothing(provider: AtSegpay) -> None:
    """Another's payment is named on a page that takes less."""
    cheap, dear = a_sale(provider, 100), replace(a_sale(provider), id="pay_" + "0" * 26)
    session = opened(provider, cheap)
    assert session.url is not None
    transaction = provider.simulator.pay(session.url.replace(cheap.id, dear.id))
    assert isinstance(provider.checkouts.look(opened(provider, dear)), StillOpen)
    assert provider.owner_of(transaction) is None


def test_a_sale_goes_back_as_a_whole_and_not_twice(provider: AtSegpay) -> None:
    payment = paid(provider, a_sale(provider))
    assert not provider.refunds.in_parts
    assert not provider.refunds.refund_window
    assert _given_back(provider, payment).report.state is RefundState.SUCCEEDED
    again = provider.refunds.refund(provider.refunds.refund_parameters(payment, a_refund(payment, PRICE)), "no key")
    assert isinstance(again, Unknown)
    assert provider.simulator.kinds() == ["sale", "credit"]


def test_a_refund_whose_answer_was_lost_is_read_from_the_reports(provider: AtSegpay) -> None:
    payment = paid(provider, a_sale(provider))
    provider.simulator.control("faults", kind="lost", path="/ADM.asmx")
    refund = a_refund(payment, PRICE)
    parameters = provider.refunds.refund_parameters(payment, refund)
    assert isinstance(provider.refunds.refund(parameters, "no key"), Unknown)
    found = provider.refunds.find_refund(payment, refund)
    assert isinstance(found, Answered)
    assert (found.report.state, found.report.reference is not None) == (RefundState.SUCCEEDED, True)


def test_a_refund_that_shows_nowhere_may_be_on_its_way_for_a_day(provider: AtSegpay) -> None:
    payment = paid(provider, a_sale(provider))
    refund = a_refund(payment, PRICE)
    soon = provider.refunds.find_refund(payment, refund)
    assert isinstance(soon, Answered)
    assert soon.report.state is RefundState.UNKNOWN
    provider.advance(timedelta(days=1))
    assert isinstance(provider.refunds.find_refund(payment, refund), Absent)


def test_neither_a_part_nor_what_another_refund_was_told_of_is_this_refund(provider: AtSegpay) -> None:
    payment = paid(provider, a_sale(provider))
    sale = payment.captures[0].reference
    provider.simulator.control(f"transactions/{sale}/credit", amount="10.00")
    found = provider.refunds.find_refund(payment, a_refund(payment, PRICE))
    assert isinstance(found, Answered)
    assert found.report.state is RefundState.UNKNOWN
    rest = provider.simulator.control(f"transactions/{sale}/credit", amount="40.00")["tranid"]
    known = replace(a_refund(payment, 4_000, "known"), reference=rest)
    told = provider.refunds.find_refund(replace(payment, refunds=(known,)), a_refund(payment, 4_000))
    assert isinstance(told, Answered)
    assert told.report.state is RefundState.UNKNOWN


def test_money_is_ours_when_the_operator_says_so_less_what_was_expected(provider: AtSegpay) -> None:
    payment = replace(paid(provider, a_sale(provider)), provider_fee=600)
    wait = provider.refunds.settlement(payment)
    assert isinstance(wait, NotYet)
    assert timedelta(days=6) < wait.until - provider.clock.now() <= timedelta(days=7)
    provider.advance(timedelta(days=7))
    ours = provider.refunds.settlement(payment)
    assert isinstance(ours, PaidOut)
    assert ours.settlement.fee == usd(600)
    provider.secrets.values["segpay/api"] = {**ACCOUNT, "eticket_ids": PACKAGES}
    assert isinstance(provider.refunds.settlement(payment), NotYet)

"""A provider that charges periods by itself, against its simulator: what is asked twice is done once, and what is lost
is read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.provider.at_paypal import AtPayPal
from tests.contract.provider.providers import AT_PAYPAL, a_refund, a_sale
from tests.support.builders import usd
from tests.unit.subscriptions.lives import an_order
from tollgate.adapters.providers.paypal.agreement_pages import Agreements
from tollgate.adapters.providers.paypal.subscription_client import PayPalSubscriptions
from tollgate.catalog.model import Interval
from tollgate.checkout.ports import Absent, CheckoutRequest, Closed, Opened, Recurring, StillOpen
from tollgate.kernel.errors import ValidationFailed
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session
from tollgate.payments.refunds import RefundState
from tollgate.payments.values import Billing
from tollgate.refunds.ports import Answered, PaidOut
from tollgate.subscriptions.activation import activated
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.providers import Learned
from tollgate.subscriptions.reports import Charged, Ended, Ending

pytestmark = AT_PAYPAL
DAY = timedelta(days=1)


def _wanted(provider: AtPayPal, trial_days: int = 0) -> tuple[Payment, CheckoutRequest]:
    plan = provider.simulator.control("plans", price="39.99", trial_days=trial_days)["id"]
    terms = Recurring("Gold", usd(3_999), Interval.MONTH, trial_days, {"paypal": plan})
    sale = replace(a_sale(provider, 0 if trial_days else 3_999), billing=Billing(an_order().id))
    return sale, CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart", recurring=terms)


def _page(provider: AtPayPal, payment: Payment, request: CheckoutRequest, key: str = "key_1") -> Session:
    opened = provider.checkouts.open(provider.checkouts.parameters(payment, request), key)
    assert isinstance(opened, Opened)
    return opened.session


def _report(provider: AtPayPal, session: Session) -> Report:
    found = provider.checkouts.look(session)
    assert isinstance(found, Closed)
    return found.report


def _begun(provider: AtPayPal) -> tuple[Subscription, Payment]:
    payment, request = _wanted(provider)
    session = _page(provider, payment, request)
    provider.simulator.control(f"subscriptions/{session.reference}/approve")
    report = _report(provider, session)
    assert report.capture is not None
    confirmed = replace(payment, captures=(report.capture,), billing=report.billing, provider="paypal")
    begun = activated(an_order(version=1, payment=payment.id), confirmed, provider.clock.now())
    assert begun is not None
    return begun.subscription, confirmed


def _recurring(provider: AtPayPal) -> PayPalSubscriptions:
    return PayPalSubscriptions(Agreements(provider.checkouts.api, provider.clock))


def _looked(provider: AtPayPal, of: Subscription) -> Learned:
    provider.simulator.state()
    learned = _recurring(provider).look(of)
    assert isinstance(learned, Learned)
    return learned


def test_a_page_is_made_once_under_its_key_and_is_open_until_somebody_approves(provider: AtPayPal) -> None:
    payment, request = _wanted(provider)
    first, again = (_page(provider, payment, request) for _ in range(2))
    assert first == again
    assert first.expires_at - provider.clock.now() > timedelta(hours=23)
    assert provider.checkouts.look(first) == StillOpen()
    provider.simulator.control(f"subscriptions/{first.reference}/approve")
    taken = _report(provider, first)
    assert (taken.fact, taken.capture and taken.capture.amount) == (Fact.CAPTURED, usd(3_999))
    closed = provider.checkouts.close(first)
    assert isinstance(closed, Closed)
    assert closed.report == taken


def test_a_trial_begins_with_nothing(provider: AtPayPal) -> None:
    payment, request = _wanted(provider, trial_days=14)
    session = _page(provider, payment, request)
    provider.simulator.control(f"subscriptions/{session.reference}/approve")
    at = provider.clock.now().replace(microsecond=0)
    capture = _report(provider, session).capture
    assert capture is not None
    assert capture == Capture(session.reference, usd(0), capture.at)
    assert abs(capture.at - at) < timedelta(seconds=2)


def test_a_page_ends_for_us_and_what_is_approved_after_it_is_told_all_the_same(provider: AtPayPal) -> None:
    session = _page(provider, *_wanted(provider))
    provider.advance(timedelta(hours=25))
    for outcome in (provider.checkouts.look(session), provider.checkouts.close(session)):
        assert isinstance(outcome, Closed)
        assert outcome.report.fact is Fact.EXPIRED
    provider.simulator.control(f"subscriptions/{session.reference}/approve")
    assert _report(provider, session).fact is Fact.CAPTURED


def test_a_plan_that_paypal_does_not_know_is_refused_before_anything_is_stored(provider: AtPayPal) -> None:
    payment, request = _wanted(provider)
    assert request.recurring is not None
    nameless = replace(request, recurring=replace(request.recurring, references={}))
    with pytest.raises(ValidationFailed):
        provider.checkouts.parameters(payment, nameless)


def test_each_wish_may_be_said_twice(provider: AtPayPal) -> None:
    of, _ = _begun(provider)
    paypal = _recurring(provider)
    for paused in (True, True, False, False):
        learned = paypal.pause(of, paused=paused)
        assert isinstance(learned, Learned)
        assert isinstance(learned.fact, Ending)
        assert learned.fact.paused is paused
    for answer in (paypal.end_with_period(of, ends=True), paypal.end_now(of)):
        assert isinstance(answer, Learned)
        assert isinstance(answer.fact, Ending | Ended)
    stands = _looked(provider, of).fact
    assert isinstance(stands, Ending)
    assert stands.ends


@pytest.mark.parametrize("fault", ["drop", "500"])
def test_a_wish_whose_answer_was_lost_is_read(provider: AtPayPal, fault: str) -> None:
    of, _ = _begun(provider)
    provider.simulator.control("api/faults", kind=fault, path="/cancel$", work="first")
    assert isinstance(_recurring(provider).end_now(of), Learned)


def test_a_look_tells_of_every_period_since_and_of_what_failed_last(provider: AtPayPal) -> None:
    of, _ = _begun(provider)
    assert _looked(provider, of).before == ()
    provider.advance(32 * DAY)
    paid = _looked(provider, of)
    assert [each.amount for each in paid.before if isinstance(each, Charged)] == [usd(3_999)]
    provider.simulator.control(f"subscriptions/{of.reference}/decline", times=1)
    provider.advance(31 * DAY)
    *_, failed = _looked(provider, of).before
    assert isinstance(failed, Charged)
    assert failed.decline is not None
    provider.advance(5 * DAY)
    assert all(isinstance(each, Charged) and each.decline is None for each in _looked(provider, of).before)


def test_a_sale_is_refunded_once_under_a_key_in_parts_and_read_afterwards(provider: AtPayPal) -> None:
    _, payment = _begun(provider)
    refund = a_refund(payment, 1_000)
    parameters = provider.refunds.refund_parameters(payment, refund)
    assert isinstance(provider.refunds.find_refund(payment, refund), Absent)
    answers = [provider.refunds.refund(parameters, "key_r") for _ in range(2)]
    for each in answers:
        assert isinstance(each, Answered)
        assert (each.report.state, each.report.amount) == (RefundState.SUCCEEDED, usd(1_000))
    assert len(provider.simulator.state()["sale_refunds"]) == 1
    assert isinstance(answers[0], Answered)
    found = provider.refunds.find_refund(payment, replace(refund, reference=answers[0].report.reference))
    assert isinstance(found, Answered)
    settled = provider.refunds.settlement(payment)
    assert isinstance(settled, PaidOut)
    assert settled.settlement.fee == usd(189)

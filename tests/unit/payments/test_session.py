"""The provider's page: recorded once, and its address known only while it can be paid."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_payment, a_report, a_session, captured, usd
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report


def _changed(payment: Payment, report: Report) -> Payment:
    outcome = payment.apply(report, NOW)
    assert isinstance(outcome, Change)
    return outcome.payment


def test_a_session_is_recorded_once() -> None:
    opened = _changed(a_payment(session=None), a_report(Fact.CHECKOUT_OPENED))
    assert opened.session == a_session()
    again = Report(Fact.CHECKOUT_OPENED, NOW, session=a_session("cs_other"))
    assert opened.apply(again, NOW) is Meaning.REPEAT


@pytest.mark.parametrize("fact", [Fact.CAPTURED, Fact.PROCESSING, Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED])
def test_the_address_goes_when_the_payment_moves_on(fact: Fact) -> None:
    assert _changed(a_payment(), a_report(fact)).session == a_session(url=None)


@pytest.mark.parametrize("report", [a_report(Fact.DECLINED), captured(amount=usd(1))])
def test_the_address_stays_while_the_payment_waits(report: Report) -> None:
    assert _changed(a_payment(), report).session == a_session()


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_a_session_that_comes_too_late_has_no_address(state: State) -> None:
    moved = _changed(a_payment(state, session=None), a_report(Fact.CHECKOUT_OPENED))
    assert moved.state is state
    assert moved.session == a_session(url=None)

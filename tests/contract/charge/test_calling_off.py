"""What only Square has: a charge that is authorised and not yet taken, and calling off under its key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.charge.at_square import AtSquare
from tests.contract.charge.providers import a_sale, charged, key_of, parameters, resolved
from tests.simulators.square_world import LOCATION
from tollgate.checkout.charge_ports import ChargeRequest, NeverMade, OnItsWay, Taken
from tollgate.checkout.ports import Closed, StillOpen, Unknown
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Session

pytestmark = pytest.mark.parametrize("provider", ["square"], indirect=True)


def _held(provider: AtSquare, payment: Payment) -> tuple[str, Session]:
    request = ChargeRequest({"square": "cnon:card-nonce-held"})
    wanted = provider.adapter.charge_parameters(payment, request)
    outcome = provider.adapter.charge(wanted, key_of(payment))
    assert isinstance(outcome, OnItsWay)
    return wanted, outcome.session


def _statuses(provider: AtSquare) -> list[str]:
    return [each["status"] for each in provider.simulator.state("payments")]


def test_what_is_only_authorised_is_freed_when_it_is_cancelled_and_told(provider: AtSquare) -> None:
    payment = a_sale(provider)
    _, session = _held(provider, payment)
    assert provider.adapter.look_at_charge(session) == StillOpen()
    for _ in range(2):
        outcome = provider.adapter.cancel_charge(session)
        assert isinstance(outcome, Closed)
        assert (outcome.report.fact, outcome.report.about) == (Fact.EXPIRED, session.reference)
    notice = provider.told(Fact.CANCELLED)
    assert (notice.payment_id, notice.reference, notice.report.about) == (
        payment.id,
        session.reference,
        session.reference,
    )
    assert _statuses(provider) == ["CANCELED"]


def test_what_is_only_authorised_is_called_off_once_nothing_can_arrive_any_more(provider: AtSquare) -> None:
    payment = a_sale(provider)
    wanted, session = _held(provider, payment)
    young = provider.adapter.resolve(payment, wanted, key_of(payment), timedelta(minutes=1))
    assert isinstance(young, OnItsWay)
    assert young.session.reference == session.reference
    for _ in range(2):
        assert provider.adapter.resolve(payment, wanted, key_of(payment), timedelta(minutes=2)) == NeverMade()
    assert _statuses(provider) == ["CANCELED"]


def test_a_charge_that_arrives_late_is_waited_for(provider: AtSquare) -> None:
    """Calling off an empty key would not keep it from being taken."""
    payment = a_sale(provider)
    assert resolved(provider, payment) == Unknown("it may still arrive", told=True)
    taken = charged(provider, payment)
    assert isinstance(taken, Taken)
    provider.advance(minutes=3)
    assert resolved(provider, payment) == taken


def test_what_was_taken_is_found_after_its_key_is_forgotten(provider: AtSquare) -> None:
    payment = a_sale(provider)
    taken = charged(provider, payment)
    provider.advance(minutes=25 * 60)
    answer = provider.simulator.call("POST", "/v2/payments/cancel", {"idempotency_key": key_of(payment)})
    assert (answer.status_code, answer.json()) == (200, {})
    assert resolved(provider, payment) == taken


def test_what_was_sold_beside_it_for_the_same_amount_is_not_taken_for_it(provider: AtSquare) -> None:
    payment = a_sale(provider)
    money = {"amount": payment.due.amount, "currency": payment.due.currency}
    body = {
        "source_id": "cnon:card-nonce-ok",
        "idempotency_key": "till",
        "amount_money": money,
        "location_id": LOCATION,
    }
    assert provider.simulator.call("POST", "/v2/payments", body).status_code == 200
    provider.advance(minutes=3)
    wanted = parameters(provider, payment)
    assert provider.adapter.resolve(payment, wanted, key_of(payment), timedelta(minutes=3)) == NeverMade()

"""A charge: taken once per key, declined in our words, confirmed by a buyer who is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.charge.providers import (
    BACK,
    Charging,
    Kind,
    a_sale,
    charged,
    gist_of,
    key_of,
    parameters,
    resolved,
)
from tests.support.builders import usd
from tollgate.checkout.charge_ports import Declined, OnItsWay, Taken
from tollgate.checkout.ports import Opened, Unreachable
from tollgate.payments.declines import DeclineClass

# At Square a buyer has confirmed before there is a token.
confirming = pytest.mark.parametrize("provider", ["books", "mock", "stripe"], indirect=True)


def test_what_is_due_is_taken_once_however_often_it_is_asked_for(provider: Charging) -> None:
    payment = a_sale(provider)
    first, second = charged(provider, payment), charged(provider, payment)
    assert isinstance(first, Taken)
    assert first == second
    assert first.capture.amount == usd(5_000)
    assert provider.taken(payment) == [first.capture]


def test_another_key_is_another_charge(provider: Charging) -> None:
    one, two = a_sale(provider, "1"), a_sale(provider, "2")
    first, second = charged(provider, one), charged(provider, two)
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert first.capture.reference != second.capture.reference


@pytest.mark.parametrize(
    ("kind", "class_"),
    [
        ("soft", DeclineClass.SOFT),
        ("hard", DeclineClass.HARD),
        ("fix_input", DeclineClass.FIX_INPUT),
        ("unknown", DeclineClass.FIX_INPUT),
    ],
)
def test_a_decline_says_what_may_be_done_and_takes_nothing(
    provider: Charging, kind: Kind, class_: DeclineClass
) -> None:
    payment = a_sale(provider)
    outcome = charged(provider, payment, kind)
    assert isinstance(outcome, Declined)
    assert outcome.decline.class_ is class_
    assert outcome == charged(provider, payment, kind)
    assert provider.taken(payment) == []


@confirming
def test_a_buyer_who_is_there_is_sent_to_confirm(provider: Charging) -> None:
    payment = a_sale(provider)
    outcome = charged(provider, payment, "challenge", back=BACK)
    assert isinstance(outcome, Opened)
    assert str(outcome.session.url).startswith("http")
    assert outcome.session.expires_at > provider.clock.now() + timedelta(minutes=15)
    assert outcome == charged(provider, payment, "challenge", back=BACK)
    assert provider.taken(payment) == []


@pytest.mark.parametrize(("back", "off_session"), [(None, False), (None, True), (BACK, True)])
def test_where_nobody_can_confirm_it_is_declined(provider: Charging, back: str | None, off_session: bool) -> None:
    payment = a_sale(provider)
    outcome = charged(provider, payment, "challenge", back=back, off_session=off_session)
    assert isinstance(outcome, Declined)
    assert outcome.decline.class_ is DeclineClass.ACTION_REQUIRED
    assert provider.taken(payment) == []


def test_what_the_provider_is_at_is_on_its_way(provider: Charging) -> None:
    outcome = charged(provider, a_sale(provider), "processing", back=BACK)
    assert isinstance(outcome, OnItsWay)
    assert outcome.session.url is None


def test_where_nobody_listens_nothing_was_sent(provider: Charging) -> None:
    """That alone lets another provider be asked."""
    payment = a_sale(provider)
    outcome = provider.unreachable.charge(parameters(provider, payment), key_of(payment))
    assert isinstance(outcome, Unreachable)
    assert not outcome.credentials_refused
    assert provider.taken(payment) == []


@pytest.mark.parametrize("kind", ["ok", "soft", "hard", "processing"])
def test_resolving_says_what_charging_came_to_and_charges_nobody(provider: Charging, kind: Kind) -> None:
    payment = a_sale(provider)
    outcome, taken = charged(provider, payment, kind), provider.taken(payment)
    provider.advance(minutes=5)
    assert gist_of(resolved(provider, payment, kind)) == gist_of(outcome)
    assert provider.taken(payment) == taken


@confirming
def test_a_challenge_that_nobody_was_shown_is_declined_when_it_is_resolved(provider: Charging) -> None:
    payment = a_sale(provider)
    charged(provider, payment, "challenge", back=BACK)
    provider.advance(minutes=5)
    for _ in range(2):
        outcome = resolved(provider, payment, "challenge", back=BACK)
        assert isinstance(outcome, Declined)
        assert outcome.decline.class_ is DeclineClass.ACTION_REQUIRED

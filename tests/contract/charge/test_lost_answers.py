"""Whatever is lost on the way: money is taken at most once, and what is told in the end is the truth."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.charge.providers import (
    FAULTS,
    Afterwards,
    Fault,
    Kind,
    a_sale,
    charged,
    gist_of,
    key_of,
    parameters,
    resolved,
)
from tollgate.checkout.charge_ports import Declined, NeverMade, OnItsWay, Taken
from tollgate.checkout.ports import Unknown

# The mock answers whatever it is asked.
pytestmark = pytest.mark.parametrize("provider", ["books", "stripe", "square"], indirect=True)


@pytest.mark.parametrize("fault", FAULTS)
def test_without_an_answer_nobody_else_may_be_asked(provider: Afterwards, fault: Fault) -> None:
    provider.fault(fault)
    assert isinstance(charged(provider, a_sale(provider)), Unknown)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["ok", "soft", "processing"])
def test_what_was_lost_is_found_or_surely_was_not_made(provider: Afterwards, kind: Kind, fault: Fault) -> None:
    payment = a_sale(provider)
    provider.fault(fault)
    charged(provider, payment, kind)
    provider.advance(minutes=24 * 60)
    outcome, taken = resolved(provider, payment, kind), provider.taken(payment)
    if fault in ("answer lost", "500 after the work"):
        assert isinstance(outcome, {"ok": Taken, "soft": Declined, "processing": OnItsWay}[kind])
    else:
        assert outcome == NeverMade()
    assert taken == ([outcome.capture] if isinstance(outcome, Taken) else [])


def test_what_never_set_out_was_never_made(provider: Afterwards) -> None:
    payment = a_sale(provider)
    provider.unreachable.charge(parameters(provider, payment), key_of(payment))
    provider.advance(minutes=24 * 60)
    assert resolved(provider, payment) == NeverMade()


@pytest.mark.parametrize("fault", FAULTS)
def test_asking_again_under_the_same_key_takes_no_second_time(provider: Afterwards, fault: Fault) -> None:
    payment = a_sale(provider)
    provider.fault(fault)
    outcomes = [charged(provider, payment) for _ in range(3)]
    assert len(provider.taken(payment)) <= 1
    for outcome in outcomes:
        assert isinstance(outcome, Taken | Unknown)
        assert not isinstance(outcome, Taken) or provider.taken(payment) == [outcome.capture]


def test_what_was_just_made_is_not_taken_for_what_was_never_made(provider: Afterwards) -> None:
    payment = a_sale(provider)
    provider.fault("answer lost")
    charged(provider, payment)
    outcome = resolved(provider, payment)
    assert isinstance(outcome, Taken | Unknown)
    provider.advance(minutes=5)
    assert isinstance(resolved(provider, payment), Taken)


def test_other_parameters_under_a_key_are_no_second_charge(provider: Afterwards) -> None:
    payment, dearer = a_sale(provider), a_sale(provider, amount=7_000)
    first = charged(provider, payment)
    assert not isinstance(provider.adapter.charge(parameters(provider, dearer), key_of(payment)), Taken)
    assert isinstance(first, Taken)
    assert provider.taken(payment) == [first.capture]


def test_a_payment_of_somebody_else_is_not_found_for_ours(provider: Afterwards) -> None:
    mine, other = a_sale(provider, "1"), a_sale(provider, "2")
    charged(provider, other)
    provider.advance(minutes=24 * 60)
    assert resolved(provider, mine) == NeverMade()


def test_while_the_provider_does_not_answer_nobody_can_tell(provider: Afterwards) -> None:
    payment = a_sale(provider)
    made = charged(provider, payment)
    wanted, key = parameters(provider, payment), key_of(payment)
    blind = provider.unreachable.resolve(payment, wanted, key, timedelta(days=1))
    assert not isinstance(blind, Taken | Declined | OnItsWay | NeverMade)
    provider.advance(minutes=5)
    assert gist_of(resolved(provider, payment)) == gist_of(made)

"""Bugs of direct charges and of moving on to another provider, planted as in `test_the_simulation_can_fail`: each must
be found, and soon.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.simulation.running import found_soon
from tollgate.checkout.charge_ports import NeverMade
from tollgate.checkout.failover import Failover, Turn
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import Unknown, Unreachable
from tollgate.checkout.ways import Charges, Outcome
from tollgate.inbox.model import Outcome as Heard
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.service import InboxService
from tollgate.kernel.unit_of_work import Write
from tollgate.payments import rerouting
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.recording import Recorded
from tollgate.reconciliation.provider_sessions import ProviderSessions

_TWICE = "a_charge_takes_money_once_over_all_providers"
_MAY_HAVE_IT = "no_charge_goes_where_another_may_have_it"


def test_a_charge_that_goes_elsewhere_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    def eager(_: Charges, outcome: Outcome | None, *, first: bool) -> bool:
        return first and isinstance(outcome, Unreachable | Unknown)

    monkeypatch.setattr(Charges, "moves_on", eager)
    assert found_soon(_TWICE, 56)


def test_a_charge_that_was_taken_up_again_and_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(_: Charges, outcome: Outcome | None, *, first: bool) -> bool:
        return isinstance(outcome, Unreachable)

    monkeypatch.setattr(Charges, "moves_on", forgetful)
    assert found_soon(_MAY_HAVE_IT, 192)


def test_another_provider_that_is_asked_before_that_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(failover: Failover, record: Any, payment: Payment, _: Any, spare: Any, asked: Any, *__: Any) -> Any:
        found = failover._drafting.elsewhere(payment, spare.sale, spare.request, asked)
        if found is None:
            return None
        provider = found.reroute.provider
        return Turn(record.moved(provider, found.parameters), replace(payment, provider=provider), found.probes)

    monkeypatch.setattr(Failover, "turn", hasty)
    assert found_soon("a_payment_is_where_its_money_is", 325)


def test_a_resolver_that_charges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Charges, "ask_about", lambda way, record, payment, _: way.ask(record, payment))
    assert found_soon("the_reconciler_charges_nobody")


def test_what_nobody_knows_and_is_taken_for_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = CheckoutOpening._learn

    def hopeless(opening: CheckoutOpening, outcome: Any, record: Any, payment: Payment, asking: Any) -> Any:
        unsure = payment.direct and isinstance(outcome, Unknown)
        return learn(opening, NeverMade() if unsure else outcome, record, payment, asking)

    monkeypatch.setattr(CheckoutOpening, "_learn", hopeless)
    assert found_soon("a_charge_ends_as_its_money_does", 56)


def test_what_is_not_found_at_once_and_is_taken_for_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.adapters.providers.stripe.charges._FOUND_WITHIN", timedelta(0))
    monkeypatch.setattr("tollgate.checkout.ways.CHARGED_AGAIN_FOR", timedelta(0))
    assert found_soon("a_charge_ends_as_its_money_does", 178)


def test_a_provider_that_was_left_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    rerouted = rerouting.rerouted

    def forgetful(payment: Payment, *how: Any) -> Any:
        change = rerouted(payment, *how)
        assert isinstance(change, Change)
        return replace(change, payment=replace(change.payment, passed=()))

    monkeypatch.setattr("tollgate.payments.rerouting.rerouted", forgetful)
    assert found_soon("every_event_of_a_provider_is_settled")


def test_an_inbox_that_does_not_look_who_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(inbox: InboxService, event: ProviderEvent, payment: Payment, report: Report) -> Heard:
        report = replace(report, about=None)

        def alongside(_: Recorded) -> tuple[Write, ...]:
            return (inbox._inbox.settle(event, Heard.APPLIED, inbox._clock.now()),)

        inbox._recorder.record(payment, report, alongside)
        return Heard.APPLIED

    monkeypatch.setattr(InboxService, "_record", trusting)
    assert found_soon("who_was_left_changes_nothing")


def test_a_page_of_a_provider_that_was_left_and_nobody_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProviderSessions, "_compare_left", lambda *_: None)
    assert found_soon("no_page_stays_open_that_nobody_was_shown")

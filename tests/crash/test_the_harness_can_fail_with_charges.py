"""As `test_the_harness_can_fail`, with bugs that charge twice, or lose who was asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.operations_charges import INTENTS
from tests.crash.planting import named, tried_with
from tests.support.crashing import Harness
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.checkout.failover import Failover
from tollgate.checkout.ports import Unknown, Unreachable
from tollgate.checkout.ways import Charges
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.service import InboxService
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.model import Payment, Report


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each bug, as there."""
    with a_world(engine, tmp_path_factory.mktemp("bugs"), with_square=True) as made:
        yield made


def test_a_charge_that_goes_elsewhere_after_a_lost_answer(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(_: Charges, outcome: Any, *, first: bool) -> bool:
        return isinstance(outcome, Unreachable | Unknown)

    monkeypatch.setattr(Charges, "moves_on", hasty)
    tried = tried_with(harness, "charge", "provider's answer lost")
    assert named(tried) >= {
        "a_payment_is_captured_once_at_most",
        "a_charge_goes_elsewhere_only_if_it_surely_did_not_begin",
        "money_is_where_its_payment_says",
    }


def test_a_charge_that_goes_elsewhere_when_it_is_taken_up_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe turns away whoever asks a second time, and nobody remembers that it was asked before."""

    def forgetful(_: Charges, outcome: Any, *, first: bool) -> bool:
        return isinstance(outcome, Unreachable)

    monkeypatch.setattr(Charges, "moves_on", forgetful)
    tried = tried_with(harness, "charge, provider down when it is taken up again", "crash after", at=INTENTS)
    assert "a_payment_is_captured_once_at_most" in named(tried)


def test_a_next_provider_that_is_stored_once_it_has_answered(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its move waits for whatever is stored next."""
    commit, turn, kept = DynamoUnitOfWork.commit, Failover.turn, list[Write]()

    def later(failover: Failover, *arguments: Any) -> Any:
        monkeypatch.setattr(DynamoUnitOfWork, "commit", lambda _, *writes: kept.extend(writes))
        try:
            return turn(failover, *arguments)
        finally:
            monkeypatch.setattr(DynamoUnitOfWork, "commit", with_what_was_kept)

    def with_what_was_kept(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
        moved, kept[:] = tuple(kept), ()
        if moved:
            commit(unit_of_work, *moved)
        commit(unit_of_work, *writes)

    monkeypatch.setattr(Failover, "turn", later)
    tried = tried_with(harness, "charge that fails over", "crash after", at="square.POST /v2/payments")
    assert named(tried) >= {"whoever_is_asked_for_money_was_stored_before", "a_payment_is_captured_once_at_most"}


def test_a_charge_under_a_new_key_for_each_try(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payment, "provider_key", lambda *_: str(uuid.uuid4()))
    tried = tried_with(harness, "charge", "crash after", at=INTENTS)
    assert named(tried) >= {"a_charge_is_made_once_at_most_at_a_provider", "a_payment_is_captured_once_at_most"}


def test_a_charge_that_is_made_where_it_should_be_asked_about(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Charges, "ask_about", lambda way, record, payment, _: way.ask(record, payment))
    tried = tried_with(replace(harness, late=True), "charge, client late", "crash before", at=INTENTS)
    assert named(tried) == {"nobody_is_charged_who_has_gone"}


def test_a_provider_that_was_left_and_is_believed(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page has expired, and the buyer is on another's; nobody asks whose page it was."""
    record = InboxService._record

    def credulous(inbox: Any, event: ProviderEvent, payment: Payment, *facts: Report) -> Any:
        inbox._recorder.record(payment, replace(facts[0], trace=event.id, about=None))
        return record(inbox, event, payment, *facts)

    monkeypatch.setattr(InboxService, "_record", credulous)
    tried = tried_with(harness, "apply of what a left provider tells", "crash after")
    assert named(tried) >= {
        "what_a_left_provider_tells_changes_nothing",
        "a_payment_that_ended_shows_no_page_that_can_be_paid",
    }

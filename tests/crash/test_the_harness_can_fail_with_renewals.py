"""As `test_the_harness_can_fail`, with bugs that charge a period twice, or lose what became of a charge."""

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
from tollgate.checkout.wishes import CreateCheckout
from tollgate.subscriptions import applying, consequences, owing
from tollgate.subscriptions.charging import OwnCharges
from tollgate.subscriptions.model import Change, Debt, Subscription
from tollgate.subscriptions.owing import try_key
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.ports import SubscriptionKey
from tollgate.subscriptions.renewing import Renewals, Silence
from tollgate.subscriptions.reports import GivenUp

READ, STORED = "dynamodb.GetItem", "dynamodb.TransactWriteItems"


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each bug, as there."""
    with a_world(engine, tmp_path_factory.mktemp("bugs")) as made:
        yield made


def _without_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = OwnCharges._wish

    def unnoted(own: OwnCharges, *arguments: Any) -> CreateCheckout:
        return replace(wish(own, *arguments), beside=())

    monkeypatch.setattr(OwnCharges, "_wish", unnoted)


def _noted_whatever_has_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is by now is read, and not looked at."""
    wish = OwnCharges._wish

    def blind(own: OwnCharges, of: Subscription, *arguments: Any) -> CreateCheckout:
        now = own._subscriptions.get(SubscriptionKey(of.tenant, of.id))
        assert now is not None
        return wish(own, replace(now, charging=None), *arguments)

    monkeypatch.setattr(OwnCharges, "_wish", blind)


def _under_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    charge = OwnCharges._charge

    def anew(own: OwnCharges, of: Subscription, bill: Any, _: str) -> Any:
        return charge(own, of, bill, str(uuid.uuid4()))

    monkeypatch.setattr(OwnCharges, "_charge", anew)


def test_a_charge_that_is_not_noted(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its key keeps the next sweep from another."""
    _without_a_note(monkeypatch)
    tried = tried_with(harness, "renewal, next sweep late", "crash after", at=INTENTS)
    assert "what_is_on_its_way_is_noted_until_it_has_ended" in named(tried)


def test_a_charge_that_is_not_noted_under_a_key_of_its_own(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are on their way, and both take money."""
    _without_a_note(monkeypatch)
    _under_a_key_of_its_own(monkeypatch)
    tried = tried_with(harness, "renewal", "crash after", at=INTENTS)
    assert named(tried) >= {
        "a_period_is_charged_once_at_most",
        "a_subscription_has_one_charge_on_its_way_at_most",
        "what_is_charged_is_told_once",
    }


def test_a_charge_of_what_was_cancelled_since_it_was_read(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    _noted_whatever_has_happened(monkeypatch)
    tried = tried_with(harness, "renewal, cancelled meanwhile", "stalled before", at=READ)
    assert named(tried) >= {"nothing_is_charged_of_what_is_over"}


def test_a_charge_beside_one_that_was_noted_since_it_was_read(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sweeps at once, each under a key of its own."""
    _noted_whatever_has_happened(monkeypatch)
    _under_a_key_of_its_own(monkeypatch)
    tried = tried_with(harness, "renewal, two sweeps at once", "stalled before", at=READ)
    assert named(tried) >= {"a_period_is_charged_once_at_most"}


def test_a_note_that_is_taken_off_after_the_end(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a transaction of its own, which follows at once."""
    renew = Renewals.renew

    def take_off(renewals: Renewals, key: SubscriptionKey, silent: Silence) -> Any:
        outcome, of = renew(renewals, key, silent), renewals._subscriptions.get(key)
        if of is not None and of.charging is not None:
            renewals._unit_of_work.commit(*renewals._subscriptions.update(replace(of, charging=None).noted()))
        return outcome

    monkeypatch.setattr(consequences, "charge_id", lambda *_: "")
    monkeypatch.setattr(Renewals, "renew", take_off)
    tried = tried_with(harness, "renewal, next sweep late", "crash after", at=STORED)
    assert "what_is_on_its_way_is_noted_until_it_has_ended" in named(tried)


def test_a_charge_that_was_never_made_and_is_owed(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "NEVER_MADE", "")
    tried = tried_with(harness, "renewal that was never made, reconciled", "crash after", at=STORED)
    assert named(tried) >= {
        "what_was_declined_is_owed_and_what_was_never_made_is_not",
        "no_try_is_told_that_was_not_made",
        "settled",
    }


def test_a_try_that_is_never_made_again(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key stands for a payment that has ended."""

    def spent(_: OwnCharges, of: Subscription, debt: Debt, occasion: str) -> str:
        return of.charging.key if of.charging else try_key(debt, occasion)

    monkeypatch.setattr(OwnCharges, "key_of", spent)
    tried = tried_with(harness, "renewal dunning, try never made", "crash after", at=STORED)
    assert named(tried) == {"settled"}
    assert any("it is not dunned as planned" in violation.told for violation in tried.violations)


def test_a_debt_that_is_given_up_while_it_is_charged(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks what came of it."""
    given_up = owing.given_up

    def hasty(of: Subscription, *arguments: Any) -> Any:
        change = given_up(replace(of, charging=None), *arguments)
        if not isinstance(change, Change):
            return change
        return replace(change, subscription=replace(change.subscription, charging=of.charging))

    monkeypatch.setitem(applying._APPLIED, GivenUp, hasty)
    monkeypatch.setattr(DebtCollection, "hear", lambda _, of: of)
    tried = tried_with(harness, "renewal debt, given up while it is paid", "stalled before", at=INTENTS)
    assert named(tried) >= {"nothing_is_charged_of_what_is_over", "settled"}

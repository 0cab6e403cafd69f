"""As `test_the_harness_can_fail`, with bugs of money that is held for something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.crash.operations_group_holds import CAPTURES
from tests.crash.planting import named, tried_with
from tests.support.crashing import Harness
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.group_items import GroupItem
from tollgate.adapters.dynamodb.groups import DynamoGroups, _is_in
from tollgate.checkout.wishes import CreateCheckout
from tollgate.escrow.settling import EscrowDesk
from tollgate.group_payments import returning as group_returns
from tollgate.group_payments.consequences import GroupConsequences
from tollgate.group_payments.model import OPEN, Group
from tollgate.group_payments.shares import Share, ShareChange, ShareState
from tollgate.group_payments.taking import GroupHolds
from tollgate.kernel.unit_of_work import Write
from tollgate.marketplace.purchasing import BuyListing, Purchasing
from tollgate.refunds.returning import Returning


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each bug, as there."""
    with a_world(engine, tmp_path_factory.mktemp("bugs")) as made:
        yield made


def test_a_complete_group_that_is_not_booked(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.group_payments.consequences.group_completed", lambda *_: None)
    tried = tried_with(harness, "the last share is paid", "crash after")
    assert named(tried) == {"a_complete_group_is_in_the_books_once"}


def test_a_group_that_forgets_what_is_only_set_aside(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_returns, "_NOT_TAKEN", (ShareState.PAYING,))
    tried = tried_with(harness, "what is set aside is let go", "crash after")
    assert named(tried) == {"nothing_stays_set_aside_but_for_a_group_that_waits", "settled"}


def test_a_hold_of_a_group_that_is_over_and_that_nobody_lets_go(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither who hears of it, nor the reconciler, which nobody has told to look."""
    monkeypatch.setattr(GroupHolds, "let_go", lambda *_: "waiting")
    monkeypatch.setattr(GroupConsequences, "_too_late", lambda *_: iter(()))
    tried = tried_with(harness, "what was set aside too late is let go", "crash after")
    assert named(tried) == {"nothing_stays_set_aside_but_for_a_group_that_waits", "settled"}


def test_a_share_that_is_added_once_more_when_it_is_taken(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def added(groups: DynamoGroups, group: Group, count: int) -> Write:
        return groups._update(group, [GroupItem.held.add(-count), GroupItem.paid.add(count)], _is_in(OPEN))

    monkeypatch.setattr(DynamoGroups, "taken", added)
    tried = tried_with(harness, "what is set aside is taken", "crash after")
    assert "a_group_says_what_its_shares_have_come_to" in named(tried)


def test_a_group_that_is_complete_while_shares_are_only_set_aside(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Group, "is_paid", Group.has_all)
    tried = tried_with(harness, "what is set aside is taken", "crash after", at=CAPTURES)
    assert "a_group_says_what_its_shares_have_come_to" in named(tried)


def test_a_group_whose_shares_are_let_go_without_a_word(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Share.released

    def silent(share: Share, now: datetime, *, again: bool) -> ShareChange:
        return replace(released(share, now, again=again), event=None)

    monkeypatch.setattr(Share, "released", silent)
    tried = tried_with(harness, "what is set aside is let go", "crash after")
    assert named(tried) == {"a_share_is_told_as_it_went"}


def test_a_listing_that_is_not_reserved(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Purchasing._checkout

    def careless(room: Purchasing, wish: BuyListing, listing: Any) -> CreateCheckout:
        made = checkout(room, wish, listing)
        return replace(made, beside=made.beside[1:])

    monkeypatch.setattr(Purchasing, "_checkout", careless)
    tried = tried_with(harness, "a listing is bought", "crash after")
    assert named(tried) == {"recovery"}  # money came for a sale that its listing knows nothing of


def test_a_release_that_is_not_booked(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> Sequence[Write]:
        return ()

    monkeypatch.setattr(EscrowDesk, "_released", nothing)
    tried = tried_with(harness, "an escrow is released", "crash after")
    assert named(tried) == {"a_release_is_in_the_books_once"}


def test_money_that_nobody_gives_back(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Returning, "_one", lambda *_: "nothing")
    tried = tried_with(harness, "a share is paid too late", "crash after")
    kept = {"nobody_has_paid_for_a_group_that_failed", "nothing_stays_set_aside_but_for_a_group_that_waits"}
    assert named(tried) == {*kept, "settled"}

"""Bugs of money that is only set aside, planted as in `test_the_simulation_can_fail`: each must be found, and soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from tests.simulation.history import History
from tests.simulation.running import HELD, found_soon
from tollgate.checkout.holds import Holds
from tollgate.group_payments.consequences import GroupConsequences
from tollgate.group_payments.model import Group
from tollgate.group_payments.ports import Seen
from tollgate.group_payments.shares import ShareState
from tollgate.group_payments.taking import GroupHolds
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session


def _found(invariant: str, seed: int = HELD[0]) -> History:
    return found_soon(invariant, seed, HELD)


def test_a_group_that_fails_and_leaves_holds_to_their_banks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.group_payments.returning._NOT_TAKEN", (ShareState.PAYING,))
    assert _found("no_provider_keeps_money_set_aside", 646)


def test_a_hold_that_is_taken_when_it_is_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    def eager(holds: GroupHolds, payment: Payment, _: str) -> str:
        return holds._holds.take(payment).status

    monkeypatch.setattr(GroupHolds, "let_go", eager)
    assert _found("nothing_is_taken_while_something_is_missing", 46)


def test_a_hold_that_comes_too_late_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever hears of it does nothing, and its group does not owe it: so the reconciler does nothing either."""
    monkeypatch.setattr(GroupHolds, "let_go", lambda *_: "waiting")
    monkeypatch.setattr(GroupConsequences, "_too_late", lambda *_: iter(()))
    assert _found("no_provider_keeps_money_set_aside", 9266)


def test_a_group_that_is_complete_with_the_first_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Group, "is_paid", property(lambda group: group.has_all))
    assert _found("a_group_is_complete_when_all_shares_are_paid", 2326)


def test_what_its_bank_would_not_pay_and_nobody_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    def content(holds: Holds, payment: Payment, session: Session, decline: Decline) -> Payment:
        failed = Report(Fact.FAILED, holds._clock.now(), reason=decline.code, about=session.reference)
        return holds._recorder.record(payment, failed).payment

    monkeypatch.setattr(Holds, "_give_up", content)
    assert _found("no_provider_keeps_money_set_aside", 3026)


def test_a_hold_that_is_let_go_and_counted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = GroupConsequences._ended

    def forgetful(rooms: GroupConsequences, seen: Seen, payment: Payment, now: datetime) -> Sequence[Write]:
        held = any(each.state is ShareState.HELD for each in seen.shares)
        writes: list[Any] = [*ended(rooms, seen, payment, now)]
        return writes[:-1] if held and seen.group.is_open else writes

    monkeypatch.setattr(GroupConsequences, "_ended", forgetful)
    assert _found("sums_are_what_the_shares_come_to", 426)

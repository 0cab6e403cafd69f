"""Bugs of money that is held, planted as in `test_the_simulation_can_fail`: each must be found, and soon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.simulation.history import History
from tests.simulation.running import HELD, found_soon
from tests.support.memory import groups as memory_of_groups
from tests.support.memory import resale as memory_of_resales
from tests.support.memory.groups import MemoryGroups
from tests.support.memory.store import MemoryWrite
from tollgate.escrow.consequences import EscrowConsequences
from tollgate.escrow.returning import EscrowReturns
from tollgate.group_payments.consequences import GroupConsequences
from tollgate.group_payments.model import Shares
from tollgate.group_payments.ports import Seen
from tollgate.group_payments.returning import GroupReturns
from tollgate.group_payments.shares import ShareChange, ShareState
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger import rules_of_deposits
from tollgate.payments import postings
from tollgate.payments.model import Payment


def _found(invariant: str, seed: int = HELD[0]) -> History:
    return found_soon(invariant, seed, HELD)


def test_a_last_share_that_is_one_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(rooms: GroupConsequences, seen: Seen, payment: Payment, now: datetime) -> Sequence[Write]:
        group, more = replace(seen.group, members=seen.group.members + 1), Shares(held=-len(seen.shares))
        if seen.shares[0].state is not ShareState.HELD:
            more = Shares(len(seen.shares), payment.amount.amount, payment.fee)
        paid = [write for each in seen.shares for write in rooms._groups.update_share(each.paid(now))]
        return (*paid, memory_of_groups._update(group, lambda of: of.with_shares(more), lambda _: True))

    monkeypatch.setattr(GroupConsequences, "_paid", endless)
    assert _found("a_group_that_has_all_its_money_is_complete", 146)


def test_money_that_comes_too_late_and_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = GroupConsequences._paid

    def content(rooms: GroupConsequences, seen: Seen, payment: Payment, now: datetime) -> Sequence[Write]:
        return tuple(paid(rooms, seen, payment, now)) if seen.group.is_open else ()

    monkeypatch.setattr(GroupConsequences, "_paid", content)
    assert _found("nobody_has_paid_for_a_group_that_failed", 826)


def test_a_share_that_two_are_charged_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(_: MemoryGroups, change: ShareChange) -> tuple[Write, ...]:
        put, *told = memory_of_groups._stored(change, change.before)
        assert isinstance(put, MemoryWrite)
        return (replace(put, refuse=lambda _: None), *told)

    monkeypatch.setattr(MemoryGroups, "update_share", unread)
    assert _found("no_error_escapes", 13066)


def test_a_group_that_gives_back_the_first_share_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GroupReturns, "give_back", lambda *_: "nothing")
    assert _found("nobody_has_paid_for_a_group_that_failed", 4546)


def test_a_complete_group_whose_money_stays_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.group_payments.consequences.group_completed", lambda *_: None)
    assert _found("a_groups_account_holds_what_is_nobodys", 146)


def test_an_escrow_that_is_released_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_of_resales, "_moved", lambda *_: None)
    assert _found("no_error_escapes", 5566)


def test_a_listing_that_two_buy(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = memory_of_resales._listing

    def careless(of: Any, _: Callable[[Any], Any]) -> MemoryWrite:
        return listing(of, lambda _: None)

    monkeypatch.setattr(memory_of_resales, "_listing", careless)
    assert _found("no_error_escapes", 1146)


def test_an_escrow_that_is_refunded_and_keeps_its_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EscrowReturns, "give_back", lambda *_: "nothing")
    assert _found("what_is_refunded_goes_back", 26)


def test_a_release_that_a_later_refund_has_not_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EscrowConsequences, "current", lambda _, payment: payment)
    assert _found("an_escrows_account_holds_what_is_nobodys", 26)


def test_a_deposit_that_is_booked_as_a_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    def sold(payment: Payment, account: str, now: datetime) -> Any:
        return postings._sale(payment, now)

    monkeypatch.setattr(postings, "_deposit", sold)
    assert _found("every_account_is_what_the_records_say")


def test_royalties_that_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    released = rules_of_deposits.escrow_released

    def greedy(royalties: Any, platform_fee: int, **figures: Any) -> Any:
        return released(royalties={}, platform_fee=platform_fee + sum(royalties.values()), **figures)

    monkeypatch.setattr("tollgate.escrow.settling.escrow_released", greedy)
    assert _found("royalties_are_what_releases_say")

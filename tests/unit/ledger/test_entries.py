"""An entry that does not balance cannot be made, and the same fact is always the same entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tests.support.ledger import a_sale
from tollgate.kernel.money import UnknownCurrency
from tollgate.ledger import accounts
from tollgate.ledger.accounts import InvalidAccount
from tollgate.ledger.model import MAX_POSTINGS, JournalEntry, Posting, Unbalanced, entry, reversal

GAS, DISPUTES = accounts.GAS, accounts.DISPUTES


def an_entry(*postings: tuple[str, int], seller: str | None = None, currency: str = "USD") -> JournalEntry:
    made = tuple(Posting(account, amount) for account, amount in postings)
    return JournalEntry("jrn_1", "demo", "test", currency, made, "payment", "pay_1", NOW, seller)


@pytest.mark.parametrize(
    ("postings", "complaint"),
    [
        ([(GAS, 1), (DISPUTES, -2)], "off by -1 USD"),
        ([(GAS, 1), (DISPUTES, 1)], "off by 2 USD"),
        ([(GAS, 1), (GAS, -1)], "comes twice"),
        ([(GAS, 0), (DISPUTES, 0)], "not zero"),
        ([(GAS, True), (DISPUTES, -1)], "whole number"),
        ([(GAS, 1.0), (DISPUTES, -1.0)], "whole number"),
        ([(GAS, 0)], "1 postings"),
        ([], "0 postings"),
        ([("seller_pending:ven_1", 1), (GAS, -1)], "accounts of ven_1"),
        ([(f"escrow:{n}", 1) for n in range(MAX_POSTINGS)] + [(GAS, -MAX_POSTINGS)], "postings"),
    ],
)
def test_what_does_not_balance_is_no_entry(postings: list[tuple[str, int]], complaint: str) -> None:
    with pytest.raises(Unbalanced, match=complaint):
        an_entry(*postings)


def test_an_entry_is_in_a_currency_that_there_is() -> None:
    with pytest.raises(UnknownCurrency):
        an_entry((GAS, 1), (DISPUTES, -1), currency="XXX")


def test_an_entry_lists_one_seller_and_moves_accounts_of_no_other() -> None:
    assert an_entry(("seller_pending:a", 1), ("seller_available:a", -1), seller="a").seller == "a"
    with pytest.raises(Unbalanced):
        an_entry(("seller_pending:a", 1), ("seller_pending:b", -1), seller="a")


@given(st.dictionaries(st.sampled_from([GAS, DISPUTES, "escrow:1", "royalties:r"]), st.integers(-9, 9)))
def test_an_entry_is_made_of_what_moves_or_not_at_all(movements: dict[str, int]) -> None:
    moved = {account: amount for account, amount in movements.items() if amount}
    if sum(moved.values()):
        with pytest.raises(Unbalanced):
            entry("test", "demo", "USD", ("payment", "pay_1"), NOW, movements, occasion="1")
        return
    made = entry("test", "demo", "USD", ("payment", "pay_1"), NOW, movements, occasion="1")
    assert (made is None) == (not moved)
    assert made is None or {each.account: each.amount for each in made.postings} == moved


def test_the_same_fact_told_again_is_the_same_entry() -> None:
    sale = a_sale()
    assert a_sale(at=NOW + timedelta(days=1)).id == sale.id
    others = [a_sale("2"), a_sale(tenant="other"), replace(reversal(sale, NOW, "1"))]
    assert len({sale.id, *(each.id for each in others)}) == 4


def test_a_reversal_undoes_an_entry_and_names_it() -> None:
    sale = a_sale()
    undone = reversal(sale, NOW, "evt_1")
    assert [each.amount for each in undone.postings] == [-each.amount for each in sale.postings]
    assert (undone.reverses, undone.kind, undone.seller) == (sale.id, "payment_confirmed_reversed", sale.seller)
    assert reversal(sale, NOW + timedelta(days=1), "evt_1").id == undone.id != reversal(sale, NOW, "evt_2").id


NAMED: list[tuple[Callable[[str], str], str]] = [
    (accounts.provider_clearing, "provider_clearing:x-1"),
    (accounts.taxes_payable, "taxes_payable:x-1"),
    (accounts.seller_pending, "seller_pending:x-1"),
    (accounts.seller_available, "seller_available:x-1"),
    (accounts.seller_reserved, "seller_reserved:x-1"),
    (accounts.escrow, "escrow:x-1"),
    (accounts.customer_credit, "customer_credit:x-1"),
    (accounts.royalties, "royalties:x-1"),
]


@pytest.mark.parametrize(("make", "name"), NAMED)
def test_an_account_is_named_after_what_it_is_for(make: Callable[[str], str], name: str) -> None:
    assert make("x-1") == accounts.known(name) == name
    assert accounts.seller_of(name) == ("x-1" if name.startswith("seller_") else None)


@pytest.mark.parametrize("bad", ["", "a#b", 'a"b', "a b", "-a", "a" * 65, "é", "a:b", "a\n"])
@pytest.mark.parametrize("make", [make for make, _ in NAMED])
def test_an_id_that_would_break_a_key_names_no_account(make: Callable[[str], str], bad: str) -> None:
    with pytest.raises(InvalidAccount):
        make(bad)


@pytest.mark.parametrize("bad", ["", "cash", "gas:1", "seller_pending", "seller_pending:", "escrow:a#b", "nothing:1"])
def test_only_names_of_the_chart_are_known(bad: str) -> None:
    with pytest.raises(InvalidAccount):
        accounts.known(bad)
    with pytest.raises(InvalidAccount):
        entry("test", "demo", "USD", ("payment", "p"), NOW, {bad: 1, GAS: -1}, occasion="1")


def test_a_seller_that_cannot_be_named_is_refused() -> None:
    with pytest.raises(InvalidAccount, match=re.escape("'a#b'")):
        entry("test", "demo", "USD", ("payment", "p"), NOW, {GAS: 1, DISPUTES: -1}, occasion="1", seller="a#b")

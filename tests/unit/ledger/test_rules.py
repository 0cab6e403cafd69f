"""Every rule balances for all inputs, and moves what its line says."""

from __future__ import annotations

import inspect
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tollgate.ledger import rules, rules_of_deposits, rules_of_gift_cards, rules_of_held_money
from tollgate.ledger.balances import AccountKey, changes_of
from tollgate.ledger.model import JournalEntry

RULES = {
    name: rule
    for module in (rules, rules_of_deposits, rules_of_gift_cards, rules_of_held_money)
    for name, rule in inspect.getmembers(module, inspect.isfunction)
    if rule.__module__ == module.__name__ and not name.startswith("_")
}
TEXTS = {"tenant": "demo", "provider": "stripe", "currency": "USD"}
BASE: dict[str, Any] = {
    **TEXTS,
    "payment_id": "pay_1",
    "refund_id": "ref_1",
    "dispute_id": "dis_1",
    "payout_id": "out_1",
    "capture_id": "cap_1",
    "gift_card_id": "gft_1",
    "use_id": "use_1",
    "customer": "cus_1",
    "account": "escrow:grp_1",
    "group_id": "grp_1",
    "escrow_id": "esc_1",
    "royalties": {"artist": 30, "venue": 20},
    "version": 3,
    "occasion": "settled",
    "seller": "ven_1",
    "settled": False,
    "at": NOW,
    "amount": 1000,
    "platform_fee": 100,
    "platform_fee_part": 40,
    "provider_fee": 30,
    "dispute_fee": 15,
    "fee_returned": 15,
    "fee_difference": 2,
    "fee": 5,
    "share": 900,
    "reserve": 90,
    "tendered": {"gift_card_liability": 300, "customer_credit:cus_1": 200},
}
AMOUNTS = st.integers(-(10**14), 10**14)


def apply(name: str, **fields: Any) -> JournalEntry | None:
    rule = RULES[name]
    given_ = BASE | fields
    entry: JournalEntry | None = rule(**{each: given_[each] for each in inspect.signature(rule).parameters})
    return entry


def moved(entry: JournalEntry | None) -> dict[str, int]:
    assert entry is not None
    return {each.account: each.amount for each in entry.postings}


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_every_rule_balances_for_all_inputs(name: str, data: st.DataObject) -> None:
    """Making an entry that does not balance raises; here none does."""
    parameters = inspect.signature(RULES[name]).parameters
    drawn: dict[str, Any] = {each: data.draw(AMOUNTS, each) for each in parameters if isinstance(BASE[each], int)}
    drawn["tendered"] = data.draw(st.dictionaries(st.sampled_from(sorted(BASE["tendered"])), AMOUNTS))
    drawn["royalties"] = data.draw(st.dictionaries(st.sampled_from(sorted(BASE["royalties"])), AMOUNTS))
    drawn["settled"] = data.draw(st.booleans())
    nobody = [None] if "seller" in parameters and "None" in parameters["seller"].annotation else []
    drawn["seller"] = data.draw(st.sampled_from([*nobody, "ven_1", "v.2"]))
    entry = apply(name, **drawn)
    assert entry is None or sum(each.amount for each in entry.postings) == 0


@pytest.mark.parametrize("name", RULES)
def test_where_nothing_moves_there_is_no_entry(name: str) -> None:
    nothing = {each: 0 for each, value in BASE.items() if type(value) is int}
    assert apply(name, **nothing, tendered={}, royalties={}) is None


@pytest.mark.parametrize("name", RULES)
def test_a_fact_told_at_another_time_is_the_same_entry(name: str) -> None:
    first, again = apply(name), apply(name, at=datetime(2027, 1, 1, tzinfo=NOW.tzinfo))
    assert first is not None
    assert again is not None
    assert first.id == again.id


def test_no_two_rules_make_the_same_entry() -> None:
    ids = Counter(entry.id for name in RULES if (entry := apply(name)))
    assert set(ids.values()) == {1}
    assert len(ids) == len(RULES) == 41


@pytest.mark.parametrize(
    ("name", "movements"),
    [
        (
            "payment_confirmed",
            {
                "provider_clearing:stripe": -470,
                "gift_card_liability": -300,
                "customer_credit:cus_1": -200,
                "seller_pending:ven_1": 900,
                "platform_fees": 100,
                "provider_fees": -30,
            },
        ),
        (
            "payment_settled",
            {
                "seller_pending:ven_1": -900,
                "seller_available:ven_1": 810,
                "seller_reserved:ven_1": 90,
                "provider_fees": -2,
                "provider_clearing:stripe": 2,
            },
        ),
        ("converted_fee", {"provider_clearing:stripe": 5, "provider_fees": -5}),
        ("reserve_released", {"seller_reserved:ven_1": -1000, "seller_available:ven_1": 1000}),
        (
            "refund_succeeded",
            {"provider_clearing:stripe": 1000, "seller_pending:ven_1": -960, "platform_fees": -40},
        ),
        (
            "tendered_refunded",
            {
                "gift_card_liability": 300,
                "customer_credit:cus_1": 200,
                "seller_pending:ven_1": -460,
                "platform_fees": -40,
            },
        ),
        (
            "dispute_opened",
            {
                "provider_clearing:stripe": 1015,
                "disputes": -1000,
                "provider_fees": -15,
                "seller_pending:ven_1": -1000,
                "seller_reserved:ven_1": 1000,
            },
        ),
        ("dispute_lost", {"seller_reserved:ven_1": -1000, "disputes": 1000}),
        ("payout_requested", {"seller_available:ven_1": -1000, "payouts_in_transit": 1000}),
        ("payout_paid", {"payouts_in_transit": -1000, "provider_clearing:stripe": 995, "platform_fees": 5}),
        ("money_held", {"provider_clearing:stripe": -970, "unallocated": 1000, "provider_fees": -30}),
        ("held_money_refunded", {"provider_clearing:stripe": 1000, "unallocated": -1000}),
        ("gift_card_sold", {"provider_clearing:stripe": -970, "gift_card_liability": 1000, "provider_fees": -30}),
        ("gift_card_sale_settled", {"provider_fees": -2, "provider_clearing:stripe": 2}),
        ("gift_card_sale_refunded", {"provider_clearing:stripe": 1000, "gift_card_liability": -1000}),
        (
            "gift_card_sale_disputed",
            {
                "provider_clearing:stripe": 1015,
                "disputes": -1000,
                "provider_fees": -15,
                "gift_card_liability": -1000,
                "gift_cards_disputed": 1000,
            },
        ),
        ("gift_card_dispute_lost", {"gift_cards_disputed": -1000, "disputes": 1000}),
        ("gift_card_used", {"gift_card_liability": -1000, "seller_available:tenant": 1000}),
        ("gift_card_redeemed", {"gift_card_liability": -1000, "customer_credit:cus_1": 1000}),
        ("gift_card_expired", {"gift_card_liability": -1000, "breakage": 1000}),
    ],
)
def test_a_rule_moves_what_its_line_says(name: str, movements: dict[str, int]) -> None:
    assert moved(apply(name)) == movements


def test_after_settlement_a_refund_and_a_dispute_take_what_is_available() -> None:
    assert moved(apply("refund_succeeded", settled=True))["seller_available:ven_1"] == -960
    assert moved(apply("dispute_opened", settled=True))["seller_available:ven_1"] == -1000
    assert moved(apply("dispute_won", settled=True))["seller_available:ven_1"] == 1000
    assert moved(apply("tendered_refunded", settled=True))["seller_available:ven_1"] == -460


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(
    ("fact", "undone"),
    [
        ("refund_succeeded", "refund_failed_after_success"),
        ("payout_requested", "payout_failed"),
        ("payout_paid", "payout_failed_after_paid"),
        ("dispute_opened", "dispute_won"),
        ("held_money_refunded", "held_money_returned"),
        ("gift_card_sale_refunded", "gift_card_sale_refund_failed"),
    ],
)
def test_what_is_undone_leaves_nothing(fact: str, undone: str, settled: bool) -> None:
    total: Counter[str] = Counter()
    for name in (fact, undone):
        total.update(moved(apply(name, settled=settled)))
    assert not any(total.values())


def test_a_reversal_names_what_it_undoes() -> None:
    refund, failed = apply("refund_succeeded"), apply("refund_failed_after_success")
    assert refund is not None
    assert failed is not None
    assert failed.reverses == refund.id


def test_money_that_is_held_and_refunded_leaves_only_the_fee_of_the_provider() -> None:
    total: Counter[str] = Counter()
    for name in ("money_held", "held_money_refunded"):
        total.update(moved(apply(name)))
    assert {account: amount for account, amount in total.items() if amount} == {
        "provider_clearing:stripe": 30,
        "provider_fees": -30,
    }


def test_a_lost_dispute_costs_the_seller_the_sale() -> None:
    total: Counter[str] = Counter()
    for name in ("dispute_opened", "dispute_lost"):
        total.update(moved(apply(name, dispute_fee=0)))
    left = {account: amount for account, amount in total.items() if amount}
    assert left == {"provider_clearing:stripe": 1000, "seller_pending:ven_1": -1000}


def test_a_sale_without_a_seller_is_the_tenants_own() -> None:
    entry = apply("payment_confirmed", seller=None)
    assert entry is not None
    assert entry.seller == "tenant"
    assert moved(entry)["seller_pending:tenant"] == 900


def test_what_a_buyer_does_not_tender_the_provider_takes() -> None:
    without = moved(apply("payment_confirmed", tendered={}))
    assert without == {
        "provider_clearing:stripe": -970,
        "seller_pending:ven_1": 900,
        "platform_fees": 100,
        "provider_fees": -30,
    }


@pytest.mark.parametrize("fee", [0, 100, 1000, 1200])
@pytest.mark.parametrize("tendered", [0, 300, 1000])
def test_a_sale_counts_with_its_full_price_whatever_the_buyer_tenders(tendered: int, fee: int) -> None:
    sale = apply("payment_confirmed", tendered={"gift_card_liability": tendered}, platform_fee=fee)
    assert sale is not None
    pending = changes_of(sale)[AccountKey("demo", "USD", "seller_pending:ven_1")]
    assert pending.sales == {"2026_11": 1000}


def test_a_card_that_is_used_is_no_sale_of_a_venue() -> None:
    used = apply("gift_card_used")
    assert used is not None
    assert not any(change.sales for change in changes_of(used).values())


def test_a_dispute_of_a_card_that_is_won_leaves_only_the_fee_of_the_provider() -> None:
    total: Counter[str] = Counter()
    for name in ("gift_card_sale_disputed", "gift_card_dispute_won"):
        total.update(moved(apply(name)))
    assert {account: amount for account, amount in total.items() if amount} == {
        "provider_clearing:stripe": 15,
        "provider_fees": -15,
    }


def test_a_dispute_of_a_card_that_is_lost_is_no_more_owed_on_it() -> None:
    total: Counter[str] = Counter()
    for name in ("gift_card_sale_disputed", "gift_card_dispute_lost"):
        total.update(moved(apply(name, dispute_fee=0)))
    left = {account: amount for account, amount in total.items() if amount}
    assert left == {"provider_clearing:stripe": 1000, "gift_card_liability": -1000}


@pytest.mark.parametrize("name", ["gift_card_redeemed", "gift_card_expired"])
def test_a_card_to_which_value_came_back_can_end_once_more(name: str) -> None:
    first, again = apply(name), apply(name, version=5)
    assert first is not None
    assert again is not None
    assert first.id != again.id


@pytest.mark.parametrize("fee", [0, 1000, 1200])
def test_a_fee_may_be_nothing_the_price_or_more(fee: int) -> None:
    assert moved(apply("payment_confirmed", platform_fee=fee)).get("seller_pending:ven_1", 0) == 1000 - fee

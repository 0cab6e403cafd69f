"""What the rules of held money move, until it is somebody's, or goes back."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.ledger.test_rules import apply, moved
from tollgate.ledger.balances import AccountKey, changes_of


@pytest.mark.parametrize(
    ("name", "movements"),
    [
        ("deposit_received", {"provider_clearing:stripe": -970, "escrow:grp_1": 1000, "provider_fees": -30}),
        ("deposit_settled", {"provider_fees": -2, "provider_clearing:stripe": 2}),
        ("deposit_refunded", {"provider_clearing:stripe": 1000, "escrow:grp_1": -1000}),
        ("deposit_disputed", {"provider_clearing:stripe": 1015, "disputes": -1000, "provider_fees": -15}),
        ("deposit_dispute_lost", {"escrow:grp_1": -1000, "disputes": 1000}),
        ("group_completed", {"escrow:grp_1": -1000, "seller_pending:ven_1": 900, "platform_fees": 100}),
        (
            "escrow_released",
            {
                "escrow:esc_1": -1000,
                "royalties:artist": 30,
                "royalties:venue": 20,
                "platform_fees": 100,
                "seller_pending:ven_1": 850,
            },
        ),
    ],
)
def test_a_rule_moves_what_its_line_says(name: str, movements: dict[str, int]) -> None:
    assert moved(apply(name)) == movements


def test_a_refund_that_comes_back_leaves_nothing() -> None:
    total: Counter[str] = Counter()
    for name in ("deposit_refunded", "deposit_refund_failed"):
        total.update(moved(apply(name)))
    assert not any(total.values())


def test_a_dispute_of_what_is_held_that_is_won_leaves_only_the_fee_of_the_provider() -> None:
    total: Counter[str] = Counter()
    for name in ("deposit_disputed", "deposit_dispute_won"):
        total.update(moved(apply(name)))
    assert {account: amount for account, amount in total.items() if amount} == {
        "provider_clearing:stripe": 15,
        "provider_fees": -15,
    }


def test_a_dispute_of_what_is_held_that_is_lost_is_held_no_more() -> None:
    total: Counter[str] = Counter()
    for name in ("deposit_received", "deposit_disputed", "deposit_dispute_lost"):
        total.update(moved(apply(name, dispute_fee=0, provider_fee=0)))
    assert not any(total.values())


@pytest.mark.parametrize("fee", [0, 100, 1000, 1200])
def test_a_group_that_is_complete_counts_with_its_full_price(fee: int) -> None:
    completed = apply("group_completed", platform_fee=fee)
    assert completed is not None
    pending = changes_of(completed)[AccountKey("demo", "USD", "seller_pending:ven_1")]
    assert pending.sales == {"2026_11": 1000}

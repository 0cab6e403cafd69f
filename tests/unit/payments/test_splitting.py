"""However a refund is split: the parts are all of it, and none is more than what is left there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.payments.splitting import RefundOrder, left_of, split
from tollgate.payments.tenders import Tender, TenderKind, TenderRefund, TenderState

LEFTS = {"hld_1": 300, "hld_2": 200}


@pytest.mark.parametrize(
    ("order", "asked", "provider", "tenders"),
    [
        (RefundOrder.CARD_FIRST, 400, 400, {}),
        (RefundOrder.CARD_FIRST, 650, 500, {"hld_1": 150}),
        (RefundOrder.CARD_FIRST, 900, 500, {"hld_1": 300, "hld_2": 100}),
        (RefundOrder.TENDERS_FIRST, 250, 0, {"hld_1": 250}),
        (RefundOrder.TENDERS_FIRST, 400, 0, {"hld_1": 300, "hld_2": 100}),
        (RefundOrder.TENDERS_FIRST, 900, 400, {"hld_1": 300, "hld_2": 200}),
        (RefundOrder.RATIO, 100, 50, {"hld_1": 30, "hld_2": 20}),
        (RefundOrder.RATIO, 1, 1, {}),
        (RefundOrder.RATIO, 1000, 500, {"hld_1": 300, "hld_2": 200}),
    ],
)
def test_each_order_takes_where_it_says(order: RefundOrder, asked: int, provider: int, tenders: dict[str, int]) -> None:
    mine, onto = split(asked, 500, LEFTS, order)
    assert (mine, {each.tender: each.amount for each in onto}) == (provider, tenders)


@given(
    provider=st.integers(0, 10_000),
    lefts=st.dictionaries(st.sampled_from(["hld_1", "hld_2", "hld_3"]), st.integers(0, 5_000)),
    order=st.sampled_from(RefundOrder),
    data=st.data(),
)
def test_the_parts_are_the_whole_and_fit(
    provider: int, lefts: dict[str, int], order: RefundOrder, data: st.DataObject
) -> None:
    together = provider + sum(lefts.values())
    if together == 0:
        return
    asked = data.draw(st.integers(1, together))
    mine, onto = split(asked, provider, lefts, order)
    assert mine + sum(each.amount for each in onto) == asked
    assert 0 <= mine <= provider
    assert all(0 < each.amount <= lefts[each.tender] for each in onto)


def test_only_what_was_taken_can_go_back() -> None:
    tenders = (
        Tender("hld_1", TenderKind.GIFT_CARD, "gft_1", 300, TenderState.CAPTURED),
        Tender("hld_2", TenderKind.CREDIT, "cus_1", 200, TenderState.VOIDED),
    )
    assert left_of(tenders, [TenderRefund("hld_1", 100), TenderRefund("hld_1", 50)]) == {"hld_1": 150}

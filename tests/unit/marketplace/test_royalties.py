"""A report of royalties: its sums, its average, and its order."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.builders import NOW
from tests.support.resale import VENUE, funded, sold
from tests.support.stores import InMemory
from tollgate.kernel.ids import derived
from tollgate.marketplace.royalties import RoyaltyDesk, RoyaltyReport

DAY = NOW.date()


def test_what_is_released_is_counted_on_its_day_and_what_is_not_is_not() -> None:
    store = InMemory()
    desk = RoyaltyDesk(store.resale.royalties, store.resale.escrows)
    escrow = sold(store)
    assert desk.count("demo", escrow.id) == "not_released"
    released = escrow.released(NOW, "transferred")
    assert released is not None
    store.unit_of_work.commit(*store.resale.escrows.update(released))
    assert [desk.count("demo", escrow.id) for _ in range(3)] == ["counted", "known", "known"]
    report = desk.report("demo", VENUE, "USD", DAY, DAY)
    assert (report.total, report.sales, report.average) == (1_500, 1, 1_500)
    assert desk.report("demo", VENUE, "USD", date(2020, 1, 1), date(2020, 1, 2)).average == 0
    with pytest.raises(LookupError):
        desk.count("demo", derived("esc", "gone"))


@pytest.mark.parametrize(("total", "sales", "average"), [(125_000, 150, 833), (5, 2, 3), (1, 3, 0), (0, 0, 0)])
def test_the_average_is_rounded_half_up(total: int, sales: int, average: int) -> None:
    assert RoyaltyReport("USD", total, sales, ()).average == average


def test_what_is_counted_is_of_what_was_left_to_divide() -> None:
    store = InMemory()
    part = sold(store)
    stopped = part.gave_back(5_000, NOW)
    assert stopped is not None
    released = stopped.escrow.released(NOW, "resolved")
    assert released is not None
    for change in (stopped, released):
        store.unit_of_work.commit(*store.resale.escrows.update(change))
    desk = RoyaltyDesk(store.resale.royalties, store.resale.escrows)
    desk.count("demo", part.id)
    assert desk.report("demo", VENUE, "USD", DAY, DAY).total == 1_000
    assert funded().parts.venue == 1_500

"""A condition that was put into words once says what pynamodb would say each time."""

from __future__ import annotations

from typing import Any

import pytest

from tollgate.adapters.dynamodb.conditions import Prepared, expressed
from tollgate.adapters.dynamodb.items import IdempotencyItem, Item, PaymentItem, ReferenceItem


def absent() -> Any:
    return Item.pk.does_not_exist()


def unchanged(version: int) -> Any:
    return (PaymentItem.version == version) & PaymentItem.parked.does_not_exist()


def ours(tenant: str, payment: str) -> Any:
    return absent() | ((ReferenceItem.tenant == tenant) & (ReferenceItem.payment_id == payment))


@pytest.mark.parametrize(
    ("make", "samples", "values"),
    [
        (absent, (), ()),
        (unchanged, (0,), (7,)),
        (ours, ("", ""), ("demo", "pay_1")),
        (lambda owner: IdempotencyItem.lease_owner == owner, ("",), ("lease_1",)),
    ],
)
def test_only_the_values_differ(make: Any, samples: tuple[Any, ...], values: tuple[Any, ...]) -> None:
    assert Prepared(make(*samples)).holding(*values) == expressed(make(*values))


def test_one_write_leaves_nothing_for_the_next() -> None:
    prepared = Prepared(unchanged(0))
    first, second = prepared.holding(1), prepared.holding(2)
    assert (first, second) == (expressed(unchanged(1)), expressed(unchanged(2)))


@pytest.mark.parametrize("values", [(), (1, 2)])
def test_each_place_gets_its_value(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        Prepared(unchanged(0)).holding(*values)
    with pytest.raises(ValueError, match="zip"):
        Prepared(absent()).holding(1)


def test_an_update_names_everything_once() -> None:
    request = expressed(PaymentItem.version == 3, [PaymentItem.due.set("x"), PaymentItem.due_at.remove()])
    assert set(request["ExpressionAttributeNames"].values()) == {"version", "due", "due_at"}
    assert sorted(
        value["S"] if "S" in value else value["N"] for value in request["ExpressionAttributeValues"].values()
    ) == ["3", "x"]

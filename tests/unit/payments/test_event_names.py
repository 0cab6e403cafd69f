"""Subscribers know facts by these names: changing one breaks them."""

from __future__ import annotations

import pytest

from tollgate.payments.events import TYPE_OF, published_as
from tollgate.payments.lifecycle import ASIDE, Fact


@pytest.mark.parametrize(
    ("type_", "names"),
    [
        ("payments.payment.created", ["payments.payment.created"]),
        ("payments.checkout.opened", ["payments.checkout.opened"]),
        ("payments.payment.rerouted", ["payments.payment.rerouted"]),
        ("payments.payment.approved", ["payments.payment.approved"]),
        ("payments.payment.processing", ["payments.payment.processing"]),
        ("payments.payment.declined", ["payments.payment.declined"]),
        (
            "payments.purchase.confirmed",
            ["payments.purchase.confirmed", "payments.transaction.confirmed", "payment.completed"],
        ),
        ("payments.purchase.imported", ["payments.purchase.imported"]),
        ("payments.payment.settled", ["payments.payment.settled"]),
        ("payments.transaction.failed", ["payments.transaction.failed", "payment.failed"]),
        ("payments.payment.cancelled", ["payments.payment.cancelled", "payment.canceled"]),
        ("payments.payment.review_required", ["payments.payment.review_required"]),
    ],
)
def test_an_event_is_published_under_its_own_name_first_and_then_its_aliases(type_: str, names: list[str]) -> None:
    assert list(published_as(type_)) == names


def test_every_fact_has_an_event() -> None:
    assert set(TYPE_OF) == set(Fact) - ASIDE

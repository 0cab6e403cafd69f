"""A payment that ended unpaid is tried again with what it was to be paid with, where that is still there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.builders import a_report, usd
from tests.support.tender_world import TenderWorld
from tollgate.checkout.retrying import CheckoutRetry, RetryPayment
from tollgate.kernel.access import Viewer
from tollgate.kernel.idempotency import Response
from tollgate.payments.errors import NotRetryable
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report


@pytest.fixture
def world() -> TenderWorld:
    return TenderWorld()


def retry(world: TenderWorld, payment: Payment) -> Response:
    wish: dict[str, Any] = {"success_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/cart"}
    retrying = CheckoutRetry(world.desk, world.store.payments, world.opening)
    key = "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"
    return retrying.retry(RetryPayment(Viewer("demo", None), "boss", payment.id, key, {}, **wish))


def test_it_is_paid_with_the_same_card_and_credit_again(world: TenderWorld) -> None:
    tender, card = world.sold(3_000)
    payment = world.opened(tender, world.give_credit(500))
    world.record(payment, a_report(Fact.EXPIRED))
    again = world.payment(json.loads(retry(world, payment).body)["id"])
    assert ([each.amount for each in again.tenders], again.due) == ([3_000, 500], usd(1_500))
    assert (world.card(card.id).held, world.credit()) == (3_000, 0)


def test_it_says_so_where_the_card_was_spent_meanwhile(world: TenderWorld) -> None:
    tender, _ = world.sold(3_000)
    payment = world.opened(tender)
    world.record(payment, a_report(Fact.EXPIRED))
    world.opened(tender)
    with pytest.raises(NotRetryable, match="what it was to be paid with is not there"):
        retry(world, payment)


def test_one_that_tenders_were_to_cover_needs_no_provider_again(world: TenderWorld) -> None:
    tender, _ = world.sold(10_000)
    covered = world.drafted(tender)
    world.record(covered, Report(Fact.CANCELLED, world.cards.clock.now()))
    again = world.payment(json.loads(retry(world, covered).body)["id"])
    assert (again.provider, again.status) == ("balance", "confirmed")


def test_a_purchase_of_a_gift_card_that_can_still_be_paid_is_shown_its_page(world: TenderWorld) -> None:
    payment, _ = world.bought()
    assert json.loads(retry(world, payment).body)["checkoutUrl"] is not None


def test_a_purchase_that_has_ended_is_made_anew_by_the_buyer(world: TenderWorld) -> None:
    payment, _ = world.bought()
    world.record(payment, a_report(Fact.EXPIRED))
    with pytest.raises(NotRetryable):
        retry(world, payment)

"""Cancelling, and everything that can come in between."""

from __future__ import annotations

import pytest

from tests.support.deployment import Answer, Deployment
from tests.support.requests import a_mock_event


def _cancel(deployed: Deployment, payment: str) -> Answer:
    return deployed.call("POST", f"/payments/checkout/{payment}/cancel", headers=deployed.as_user())


def test_a_cancelled_checkout_stays_cancelled_however_often_it_is_asked(deployed: Deployment) -> None:
    payment = deployed.checkout().body["id"]
    first, second = _cancel(deployed, payment), _cancel(deployed, payment)
    assert (first.status, first.body["status"]) == (200, "cancelled")
    assert second.body == first.body
    assert [event["type"] for event in deployed.events(payment)].count("payments.payment.cancelled") == 1


@pytest.mark.parametrize(("event", "status"), [("captured", "confirmed"), ("failed", "failed")])
def test_a_checkout_that_ended_cannot_be_cancelled(deployed: Deployment, event: str, status: str) -> None:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body, event))
    deployed.apply_inbox()
    answer = _cancel(deployed, checkout.body["id"])
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    shown = deployed.call("GET", f"/payments/checkout/{checkout.body['id']}", headers=deployed.as_user())
    assert shown.body["status"] == status


def test_an_expiry_told_after_the_cancelling_is_no_news(deployed: Deployment) -> None:
    checkout = deployed.checkout()
    _cancel(deployed, checkout.body["id"])
    deployed.tell(a_mock_event(checkout.body, "expired"))
    deployed.apply_inbox()
    assert [event["sequence"] for event in deployed.events(checkout.body["id"])] == [1, 2, 3]


def test_the_address_of_a_page_that_leads_nowhere_is_not_shown(deployed: Deployment) -> None:
    payment = deployed.checkout().body["id"]
    assert _cancel(deployed, payment).body["checkoutUrl"] is None

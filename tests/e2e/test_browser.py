"""A buyer in a real browser, on the page of a real checkout."""

from __future__ import annotations

import pytest
from selenium import webdriver

from tests.e2e.client import Client
from tests.simulators.test_hosted_page_in_browser import browser, on_page
from tests.simulators.test_hosted_page_in_browser import pytestmark as needs_chromium

__all__ = ["browser"]
pytestmark = [pytest.mark.e2e, needs_chromium]


def test_a_buyer_is_declined_and_then_pays(client: Client, browser: webdriver.Chrome) -> None:
    checkout = client.checkout(method="card").json()
    browser.get(checkout["checkoutUrl"])
    assert "100.00" in on_page(browser, "amount").text
    on_page(browser, "card-number").send_keys("4000 0000 0000 0002")
    on_page(browser, "pay").click()
    assert on_page(browser, "error").text == "The card was declined."
    assert client.transaction(checkout["id"])["transaction"]["status"] == "pending"
    on_page(browser, "card-number").send_keys("4242 4242 4242 4242")
    on_page(browser, "pay").click()
    client.status_becomes(checkout["id"], "confirmed")

"""The hosted page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import presence_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

from tests.simulators.subscribers import checkout
from tests.simulators.world import World, wait_until

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.skipif(
    not (CHROMIUM.exists() and DRIVER.exists()),
    reason=f"needs {CHROMIUM} and {DRIVER} (packages chromium, chromium-driver)",
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()


def on_page(browser: webdriver.Chrome, identifier: str) -> WebElement:
    """The element, once the page that has it is there: a click may return before the next page has come."""
    return WebDriverWait(browser, 10).until(presence_of_element_located((By.ID, identifier)))


def merchant(world: World, path: str) -> str:
    return world.receiver.url.replace("/webhooks/stripe", path)


def test_a_payer_is_declined_then_pays_and_lands_at_the_merchant(world: World, browser: webdriver.Chrome) -> None:
    session = world.session(success_url=merchant(world, "/thanks?session={CHECKOUT_SESSION_ID}"))
    browser.get(session.url)
    assert on_page(browser, "amount").text == "12.34 USD"
    on_page(browser, "card-number").send_keys("4000 0000 0000 0002")
    on_page(browser, "pay").click()
    assert on_page(browser, "error").text == "The card was declined."
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    on_page(browser, "card-number").send_keys("4242 4242 4242 4242")
    on_page(browser, "pay").click()
    wait_until(lambda: "/thanks" in browser.current_url, "the success page")
    assert on_page(browser, "landed").text == f"/thanks?session={session.id}"
    world.receiver.wait_for("payment_intent.payment_failed", "checkout.session.completed", "payment_intent.succeeded")


def test_a_payer_cancels_and_the_session_stays_open(world: World, browser: webdriver.Chrome) -> None:
    session = world.session(cancel_url=merchant(world, "/basket"))
    browser.get(session.url)
    on_page(browser, "cancel").click()
    wait_until(lambda: browser.current_url.endswith("/basket"), "the merchant's page")
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_payer_confirms_at_the_bank(world: World, browser: webdriver.Chrome) -> None:
    session = world.session(success_url=merchant(world, "/thanks"))
    browser.get(session.url)
    on_page(browser, "quick-4000002500003155").click()
    on_page(browser, "authenticate").click()
    wait_until(lambda: browser.current_url.endswith("/thanks"), "the success page")
    assert world.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_payer_subscribes_and_saves_another_card_later(world: World, browser: webdriver.Chrome) -> None:
    session = checkout(world, success_url=merchant(world, "/thanks"))
    browser.get(session.url)
    assert on_page(browser, "pay").text == "Subscribe for 10.00 USD every month"
    on_page(browser, "card-number").send_keys("4242 4242 4242 4242")
    on_page(browser, "pay").click()
    wait_until(lambda: browser.current_url.endswith("/thanks"), "the success page")
    [subscription] = world.client.v1.subscriptions.list().data
    assert subscription.status == "active"
    wanted = {"mode": "setup", "currency": "usd", "customer": subscription.customer}
    setup = world.client.v1.checkout.sessions.create(params={**wanted, "success_url": merchant(world, "/saved")})
    browser.get(setup.url)
    on_page(browser, "quick-4000002500003155").click()
    on_page(browser, "authenticate").click()
    wait_until(lambda: browser.current_url.endswith("/saved"), "the success page")
    assert world.client.v1.setup_intents.retrieve(setup.setup_intent).status == "succeeded"

"""The hosted page as a browser without scripts sees it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from local.simulators.stripe.cards import CARDS
from tests.simulators.world import World, a_session


def post(url: str, **fields: str) -> httpx.Response:
    return httpx.post(url, data=fields, trust_env=False)


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def text_of(page: str, element: str) -> str:
    match = re.search(rf'id="{element}"[^>]*>([^<]*)<', page)
    return match[1] if match else ""


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(1234, "usd", "12.34 USD"), (5, "clp", "5 CLP"), (123456, "jpy", "123,456 JPY"), (12340, "kwd", "12.340 KWD")],
)
def test_the_amount_is_shown_in_the_digits_of_its_currency(
    shared_world: World, amount: int, currency: str, shown: str
) -> None:
    page = get(shared_world.session(amount=amount, currency=currency).url).text
    assert text_of(page, "amount") == shown
    assert text_of(page, "pay") == f"Pay {shown}"


def test_everything_from_outside_is_escaped_and_nothing_is_loaded(shared_world: World) -> None:
    name = '"><script>alert(1)</script>'
    item: Any = {
        "price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": name}},
        "quantity": 1,
    }
    session = shared_world.client.v1.checkout.sessions.create(
        params=a_session(line_items=[item], cancel_url='http://127.0.0.1:9/?a="><b>', customer_email='"><i>@b.example')
    )
    answer = get(str(session.url))
    assert not re.search("<script|<b>|<i>|src=|@import|url\\(", answer.text)
    assert "&lt;script&gt;" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert get(f"{shared_world.base}/pay/<script>").status_code == 404


@pytest.mark.parametrize("card", [card.number for card in CARDS if card.decline and not card.authentication])
def test_a_decline_stays_on_the_page_without_telling_why(shared_world: World, card: str) -> None:
    session = shared_world.session()
    answer = post(str(session.url), card=card, method="card")
    assert answer.status_code == 402
    assert text_of(answer.text, "error")
    assert not re.search("lost|stolen|fraud|risk|pickup", text_of(answer.text, "error"), re.IGNORECASE)
    assert shared_world.client.v1.checkout.sessions.retrieve(session.id).status == "open"


@pytest.mark.parametrize("card", ["", "1234", "4242424242424241", "4111111111111111", "000123456789"])
def test_what_is_no_test_card_charges_nothing(shared_world: World, card: str) -> None:
    answer = post(str(shared_world.session().url), card=card, method="card")
    assert (answer.status_code, bool(text_of(answer.text, "error"))) == (402, True)
    assert shared_world.state()["counts"]["charges"] == 0


def test_paying_leads_to_the_success_address_with_the_session_in_it(shared_world: World) -> None:
    session = shared_world.session()
    answer = post(str(session.url), card="4242 4242 4242 4242", method="card", email="payer@b.example")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://127.0.0.1:9/ok?session={session.id}"
    paid = shared_world.client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.customer_details.email) == ("complete", "payer@b.example")
    page = get(str(session.url))
    assert "complete" in text_of(page.text, "status")
    assert 'id="pay"' not in page.text
    again = post(str(session.url), card="4242424242424242", method="card")
    assert again.status_code == 409
    assert shared_world.state()["counts"]["charges"] == 1


def test_a_quick_pick_pays_at_once(shared_world: World) -> None:
    session = shared_world.session()
    assert post(str(session.url), card="", quick="4242424242424242").status_code == 303


def test_a_bank_debit_is_offered_unless_the_session_takes_cards_only(shared_world: World) -> None:
    session = shared_world.session()
    assert post(str(session.url), method="bank_debit").status_code == 303
    assert "being processed" in get(str(session.url)).text
    cards_only = shared_world.session(allowed_payment_method_types=["card"])
    assert "pay-by-bank" not in get(str(cards_only.url)).text
    assert post(str(cards_only.url), method="bank_debit").status_code == 400


def test_an_expired_session_says_so(shared_world: World) -> None:
    session = shared_world.session()
    shared_world.client.v1.checkout.sessions.expire(session.id)
    page = get(str(session.url)).text
    assert "expired" in text_of(page, "status")
    assert 'href="http://127.0.0.1:9/cancelled"' in page
    assert post(str(session.url), card="4242424242424242").status_code == 409


def test_a_session_without_a_cancel_address_offers_no_cancelling(shared_world: World) -> None:
    params = a_session()
    del params["cancel_url"]
    session = shared_world.client.v1.checkout.sessions.create(params=params)
    assert 'id="cancel"' not in get(str(session.url)).text


def test_authentication_is_a_page_of_its_own(shared_world: World) -> None:
    session = shared_world.session()
    challenge = post(str(session.url), card="4000002500003155").headers["location"]
    assert 'id="authenticate"' in get(challenge).text
    back = post(challenge, outcome="failed").headers["location"]
    assert text_of(get(back).text, "error")
    challenge = post(str(session.url), card="4000002500003155").headers["location"]
    assert post(challenge, outcome="succeeded").headers["location"].endswith(session.id)
    assert get(challenge).status_code == 409


def test_authentication_then_a_decline_leads_back_to_the_form(shared_world: World) -> None:
    session = shared_world.session()
    challenge = post(str(session.url), card="4000008260003178").headers["location"]
    back = post(challenge, outcome="succeeded").headers["location"]
    assert text_of(get(back).text, "error") == "The card was declined."


def test_authentication_of_the_merchants_own_intent_returns_there(shared_world: World) -> None:
    intent = shared_world.client.v1.payment_intents.create(
        params={
            "amount": 900,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_authenticationRequired",
            "return_url": "http://127.0.0.1:9/back?order=7",
        }
    )
    location = post(f"{shared_world.base}/authenticate/{intent.id}", outcome="succeeded").headers["location"]
    assert location.startswith(f"http://127.0.0.1:9/back?order=7&payment_intent={intent.id}&")
    assert location.endswith("redirect_status=succeeded")


def test_a_receipt_can_be_opened(shared_world: World) -> None:
    charge = shared_world.client.v1.charges.list(params={"payment_intent": shared_world.paid().payment_intent}).data[0]
    assert "12.34 USD" in get(str(charge.receipt_url)).text


@pytest.mark.parametrize("body", [b"card=%FF", b"a[b=1", b"card[x]=4242424242424242", b""])
def test_a_broken_form_charges_nothing(shared_world: World, body: bytes) -> None:
    answer = httpx.post(str(shared_world.session().url), content=body, trust_env=False)
    assert answer.status_code in (400, 402)
    assert shared_world.state()["counts"]["charges"] == 0

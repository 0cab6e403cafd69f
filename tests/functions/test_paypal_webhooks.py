"""PayPal's webhooks at the function URL: proven, stored once, and refused for what they are not."""

from __future__ import annotations

import json

import pytest

from tests.functions.paying_pal import PalShop
from tests.support.calls import counted_calls


def _approved(pal: PalShop) -> tuple[bytes, dict[str, str]]:
    pal.approve(pal.checkout())
    pal.paypal.inbox.wait_for("CHECKOUT.ORDER.APPROVED")
    return pal.paypal.inbox.taken[-1]


def test_an_event_is_stored_once_however_often_it_comes(pal: PalShop) -> None:
    body, headers = _approved(pal)
    answers = [json.loads(pal.knock(body, headers)["body"]) for _ in range(3)]
    assert [each["duplicate"] for each in answers] == [False, True, True]
    assert len(pal.deployed.stored("provider_event", "INBOX_TABLE")) == 1


def test_once_the_certificate_is_known_a_webhook_is_one_call_to_aws(pal: PalShop) -> None:
    body, headers = _approved(pal)
    assert pal.knock(body, headers)["statusCode"] == 200
    with counted_calls() as calls:
        assert pal.knock(body, headers)["statusCode"] == 200
    assert calls.made == ["dynamodb.PutItem"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("paypal-transmission-id", "another"),
        ("paypal-cert-url", "https://evil.example/v1/notifications/certs/CERT-1"),
        ("paypal-auth-algo", "SHA1withRSA"),
    ],
)
def test_what_does_not_prove_itself_is_not_stored(pal: PalShop, header: str, value: str) -> None:
    body, headers = _approved(pal)
    assert pal.knock(body, {**headers, header: value})["statusCode"] == 400
    assert pal.knock(body + b" ", headers)["statusCode"] == 400
    assert not pal.deployed.stored("provider_event", "INBOX_TABLE")


def test_without_the_id_of_our_webhook_the_door_is_shut(pal: PalShop) -> None:
    body, headers = _approved(pal)
    manager = pal.deployed.client("secretsmanager")
    manager.put_secret_value(SecretId=f"{pal.deployed.prefix}/paypal/webhook", SecretString="{}")
    assert pal.knock(body, headers)["statusCode"] == 404


def test_a_certificate_that_cannot_be_fetched_now_has_the_event_sent_again(pal: PalShop) -> None:
    body, headers = _approved(pal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAYPAL_API_BASE", "http://127.0.0.1:9")
        assert pal.knock(body, headers)["statusCode"] == 503
    del pal.deployed.modules["provider_webhook"]
    assert pal.knock(body, headers)["statusCode"] == 200

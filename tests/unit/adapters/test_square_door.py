"""Square's signature: what its official helper accepts, for the address that Square was given, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.adapters.providers.square.door import HEADER, SquareDoor, verify
from tollgate.inbox.doors import Knock, SignatureInvalid

KEY, OLD, WRONG = "asdf1234-key", "former-key", "another-key"
ADDRESS = "https://tollgate.example/webhooks/square"
BODY = '{"event_id":"6a8f5f28-54a1","type":"payment.updated"}'
SECRET = {"signing_keys": [KEY], "notification_url": ADDRESS}


def signed(body: str, key: str = KEY, address: str = ADDRESS) -> str:
    """As the helper in Square's Python SDK computes it."""
    digest = hmac.new(key.encode(), (address + body).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def knock(body: str = BODY, **headers: str) -> Knock:
    return Knock("POST", "", headers, body.encode(), "127.0.0.1", 0.0)


def lets_in(body: str, signature: str | None, *keys: str, address: str = ADDRESS) -> bool:
    try:
        verify(body.encode(), signature, address, keys)
    except SignatureInvalid:
        return False
    return True


def test_a_signature_that_squares_own_helper_accepts() -> None:
    """`square.utils.webhooks_helper` of squareup 46.0.0, over the same address, body and key."""
    assert lets_in(BODY, "uQThDoJMKII0xczVMiIkMKNgMsEO4wIfyzIeUF+rAFo=", KEY)


def test_either_key_is_good_while_one_is_replaced() -> None:
    assert lets_in(BODY, signed(BODY), OLD, KEY)
    assert lets_in(BODY, signed(BODY, OLD), KEY, OLD)
    assert not lets_in(BODY, signed(BODY, OLD), KEY)


@pytest.mark.parametrize("altered", [f"{BODY} ", BODY.replace(":", ": "), BODY[:-1], ""])
def test_an_altered_body_is_refused(altered: str) -> None:
    assert not lets_in(altered, signed(BODY), KEY)


@pytest.mark.parametrize(
    "address", [f"{ADDRESS}/", f"{ADDRESS}?a=1", ADDRESS.replace("https", "http"), "https://other.example/", ""]
)
def test_what_was_signed_for_another_address_is_refused(address: str) -> None:
    assert not lets_in(BODY, signed(BODY), KEY, address=address)
    assert not lets_in(BODY, signed(BODY, address=address), KEY)


def test_an_empty_body_is_refused_even_when_it_is_signed() -> None:
    assert not lets_in("", signed(""), KEY)


@pytest.mark.parametrize("header", [None, "", signed(BODY, WRONG), signed(BODY)[:-1], signed(BODY).lower(), "é"])
def test_a_missing_or_wrong_signature_is_refused(header: str | None) -> None:
    assert not lets_in(BODY, header, KEY)


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_key_proves_nothing(empty: str) -> None:
    assert not lets_in(BODY, signed(BODY, empty), empty)
    assert not lets_in(BODY, signed(BODY))


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_what_is_signed_is_let_in_and_nothing_else_is(header: str, body: str) -> None:
    assert lets_in(body, signed(body), KEY)
    assert lets_in(body, header, KEY) == (header == signed(body))


@pytest.mark.parametrize(
    ("changes", "open_"),
    [
        ({}, True),
        ({"signing_keys": []}, False),
        ({"signing_keys": KEY}, False),
        ({"signing_keys": ["", "short"]}, False),
        ({"notification_url": ""}, False),
        ({"notification_url": None}, False),
    ],
)
def test_the_door_is_shut_until_its_secret_is_filled(changes: dict[str, Any], open_: bool) -> None:
    assert SquareDoor().is_open(SECRET | changes) is open_
    assert not SquareDoor().is_open({})


def test_an_event_is_named_by_its_own_id_so_that_a_replay_is_known() -> None:
    door, request = SquareDoor(), knock(**{HEADER: signed(BODY)})
    for _ in range(2):
        door.prove(request, SECRET)
        named = door.name(request)
        assert named is not None
        assert (named.id, named.type, named.payload) == ("6a8f5f28-54a1", "payment.updated", BODY.encode())


@pytest.mark.parametrize("body", ["[]", "no json", '{"event_id": 7, "type": "x"}', '{"event_id": "a b", "type": "x"}'])
def test_what_is_no_event_has_no_name(body: str) -> None:
    assert SquareDoor().name(knock(body)) is None

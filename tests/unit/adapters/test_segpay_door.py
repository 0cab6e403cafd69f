"""Segpay's webhook lets in who knows the password, keeps what is needed, and no word that a buyer put in."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.requests import signature_header
from tollgate.adapters.providers.segpay.door import HEADER, SegpayDoor
from tollgate.inbox.doors import Knock, SignatureInvalid

NOW = 1_700_000_000.0
DOOR = SegpayDoor("OK")
SECRET: dict[str, Any] = {
    "basic": [{"user": "segpay", "password": "new-password"}, {"user": "segpay", "password": "old-password"}],
    "ref_keys": ["a-key-of-our-references"],
}
SALE = {
    "action": "Auth",
    "stage": "Initial",
    "approved": "Yes",
    "trantype": "Sale",
    "tranid": "1001",
    "price": "50.00",
    "currencycode": "USD",
    "extra ref1": "abc",
    "REF2": "pay_1",
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
SIGNED = {**SECRET, "basic": [], "signing_secrets": ["whsec_of_the_proxy"]}


def _basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def _knock(fields: dict[str, str] | None = None, **changes: Any) -> Knock:
    query = urlencode(SALE if fields is None else fields)
    return replace(Knock("GET", query, _basic("segpay:new-password"), b"", "198.51.100.7", NOW), **changes)


def _lets_in(knock: Knock, secret: dict[str, Any]) -> bool:
    try:
        DOOR.prove(knock, secret)
    except SignatureInvalid:
        return False
    return True


@pytest.mark.parametrize(
    "changes",
    [
        {"basic": []},
        {"basic": "segpay:new-password"},
        {"basic": [{"user": "segpay", "password": "short"}]},
        {"basic": [{"user": "", "password": "new-password"}, {"password": "new-password"}, "x"]},
        {"ref_keys": ["", "  "]},
        {"ref_keys": "a-key-of-our-references"},
        {"source_ips": ["198.51.100.0/33"]},
        {"source_ips": "198.51.100.7"},
    ],
)
def test_it_is_shut_until_its_proofs_are_filled_and_can_be_read(changes: dict[str, Any]) -> None:
    assert DOOR.is_open(SECRET)
    assert not DOOR.is_open({**SECRET, **changes})
    assert not DOOR.is_open({"source_ips": ["198.51.100.7"], "ref_keys": SECRET["ref_keys"]})


@pytest.mark.parametrize(
    ("headers", "inside"),
    [
        (_basic("segpay:new-password"), True),
        (_basic("segpay:old-password"), True),
        ({"authorization": _basic("segpay:new-password")["authorization"].replace("Basic", "basic")}, True),
        (_basic("segpay:new-passwor"), False),
        (_basic("other:new-password"), False),
        (_basic(":"), False),
        ({}, False),
        ({"authorization": "Basic"}, False),
        ({"authorization": "Basic \N{SNOWMAN}"}, False),
        ({"authorization": "Bearer new-password"}, False),
    ],
)
def test_both_passwords_hold_and_nothing_else_does(headers: dict[str, str], inside: bool) -> None:
    assert _lets_in(_knock(headers=headers), SECRET) is inside


@pytest.mark.parametrize(
    ("listed", "source", "inside"),
    [
        (["198.51.100.7"], "198.51.100.7", True),
        (["203.0.113.1", "198.51.100.0/24"], "198.51.100.7", True),
        (["203.0.113.0/24"], "198.51.100.7", False),
        (["203.0.113.0/24"], "", False),
        (["2001:db8::/32"], "2001:db8::1", True),
    ],
)
def test_an_address_list_is_asked_for_beside_the_password(listed: list[str], source: str, inside: bool) -> None:
    secret = {**SECRET, "source_ips": listed}
    assert _lets_in(_knock(source=source), secret) is inside
    assert not _lets_in(_knock(source=source, headers={}), secret)


def _signed(knock: Knock, secret: str = "whsec_of_the_proxy", at: float = NOW) -> Knock:  # noqa: S107 - a test's
    text = f"{knock.method}\n{knock.query}\n".encode() + knock.payload
    return replace(knock, headers={HEADER: signature_header(text, secret, at=at)})


def test_a_proxys_signature_covers_method_query_and_body() -> None:
    signed = _signed(_knock(payload=b"price=1"))
    assert DOOR.is_open(SIGNED)
    assert _lets_in(signed, SIGNED)
    for altered in (
        replace(signed, query=f"{signed.query}&price=2"),
        replace(signed, payload=b"price=2"),
        replace(signed, method="POST"),
        replace(signed, headers={}),
        _signed(_knock(), secret="whsec_of_another"),
        _signed(_knock(), at=NOW - 301),
    ):
        assert not _lets_in(altered, SIGNED)


def test_a_password_and_a_signature_are_both_asked_for_where_both_are_set_up() -> None:
    both = {**SIGNED, "basic": SECRET["basic"]}
    signed = _signed(_knock())
    assert not _lets_in(signed, both)
    assert not _lets_in(_knock(), both)
    assert _lets_in(replace(signed, headers={**signed.headers, **_basic("segpay:new-password")}), both)


@pytest.mark.parametrize(("method", "form"), [("GET", False), ("POST", True)])
def test_what_is_kept_is_the_same_however_it_was_sent(method: str, form: bool) -> None:
    personal = {"billname": "Ada", "billemail": "ada@example.com", "cclast4": "1111", "extra password": "x"}
    told = urlencode({**personal, **SALE})
    sent = {"query": "", "payload": told.encode(), "headers": FORM} if form else {"query": told}
    named = DOOR.name(_knock(method=method, **sent))
    assert named is not None
    assert (named.id, named.type) == ("1001.auth.sale.initial.yes", "auth.sale")
    kept = {name.lower().removeprefix("extra "): text for name, text in SALE.items()}
    assert json.loads(named.payload) == kept
    assert named.payload == json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("fields", "id_"),
    [
        ({**SALE, "action": "AUTH", "trantype": "CHARGE", "stage": ""}, "1001.auth.charge..yes"),
        ({**SALE, "action": "Void", "approved": ""}, "1001.void.sale.initial."),
        ({**SALE, "approved": "No"}, "1001.auth.sale.initial.no"),
    ],
)
def test_what_happens_to_one_transaction_is_one_event_each(fields: dict[str, str], id_: str) -> None:
    named = DOOR.name(_knock(fields))
    assert named is not None
    assert named.id == id_


def test_what_is_no_transaction_is_known_by_what_it_says() -> None:
    first, again = DOOR.name(_knock({"action": "Probe"})), DOOR.name(_knock({"action": "Probe", "billname": "Ada"}))
    other = DOOR.name(_knock({"action": "Enable", "purchaseid": "7"}))
    assert first is not None
    assert other is not None
    assert (first, first.type, other.id == first.id) == (again, "probe", False)


def test_a_buyer_cannot_speak_for_segpay() -> None:
    """What a buyer adds to a link comes back beside what Segpay says."""
    named = DOOR.name(_knock({"action": "Auth", "tranid": "1001", "extra price": "9.00", "extra_approved": "Yes"}))
    assert named is not None
    assert json.loads(named.payload) == {"action": "Auth", "tranid": "1001"}
    contradiction = f"{urlencode(SALE)}&price=9.00"
    assert DOOR.name(_knock(query=contradiction)) is None
    assert DOOR.name(_knock(query=f"{urlencode(SALE)}&price=50.00")) is not None
    assert DOOR.name(_knock(payload=b"ref2=pay_2", headers=FORM)) is None


@pytest.mark.parametrize("fields", [{}, {"tranid": "1001"}, {**SALE, "tranid": "10 01"}, {**SALE, "tranid": "1" * 120}])
def test_what_names_no_action_or_cannot_be_a_key_is_no_event(fields: dict[str, str]) -> None:
    assert DOOR.name(_knock(fields)) is None


@given(st.text(max_size=80), st.binary(max_size=80))
@example("action=Auth&tranid=%ff%00", b"\xff")
@example("&".join(["action=Auth"] * 300), b"")
def test_any_bytes_are_an_event_or_none(query: str, payload: bytes) -> None:
    named = DOOR.name(_knock(query=query, payload=payload, headers=FORM))
    assert named is None or isinstance(json.loads(named.payload), dict)


def test_it_is_answered_as_its_portal_expects() -> None:
    thanks = SegpayDoor("GOOD").thanks(duplicate=True)
    assert (thanks.content_type, thanks.body) == ("text/plain", "GOOD")
    assert DOOR.methods == {"GET", "POST"}

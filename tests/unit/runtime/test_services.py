"""Services prove who they are with a signature over all that they ask, or with the platform's token."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import MemorySecrets, MemorySignatures
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import Forbidden
from tollgate.runtime.http.auth import Authenticator, Call, sign
from tollgate.runtime.http.principal import InvalidToken, Service

NOW = 1_800_000_000
SECRET, OLD = "a-secret", "the-one-before"
KNOWN = {
    "services": {
        "tickets": {"secrets": [SECRET, OLD], "tenants": ["demo"]},
        "bars": {"secrets": ["another-secret"], "tenants": ["*"]},
        "empty": {"secrets": [""], "tenants": ["*"]},
        "blank": {"secrets": ["  "], "tenants": ["*"]},
        "none": {"secrets": [], "tenants": ["*"]},
        "unfilled": {},
    },
    "internal_tokens": [
        {"token": "", "service": "nobody", "tenants": ["*"]},
        {"token": "   ", "service": "nobody", "tenants": ["*"]},
        {"service": "nobody", "tenants": ["*"]},
        {"token": "platform-token", "service": "platform", "tenants": ["*"]},
        {"token": "second-token", "service": "reports", "tenants": ["demo"]},
    ],
}
BODY = b'{"a":1}'


class Door:
    """An authenticator with its own memory of spent signatures."""

    def __init__(self, known: dict[str, Any] | None = None, now: float = NOW) -> None:
        self.now = now
        secrets = MemorySecrets({"auth": KNOWN if known is None else known})
        self._authenticator = Authenticator(secrets, MemorySignatures(), wall=lambda: self.now)

    def opens(self, call: Call) -> Service:
        found = self._authenticator.identify(call)
        assert isinstance(found, Service)
        return found

    def stays_shut(self, call: Call) -> None:
        with pytest.raises(InvalidToken) as caught:
            self.opens(call)
        assert SECRET not in str(caught.value)


def signed(
    service: str = "tickets",
    secret: str = SECRET,
    *,
    at: object = NOW,
    method: str = "POST",
    target: str = "/internal/payments/checkout-sessions?x=1",
    body: bytes = BODY,
    **headers: str,
) -> Call:
    shown = {
        "x-internal-service": service,
        "x-internal-timestamp": str(at),
        "x-internal-signature": sign(secret, service, str(at), method, target, body),
    }
    return Call(method, target, shown | {name.replace("_", "-"): value for name, value in headers.items()}, body)


class TestSignature:
    def test_the_signed_text_is_what_the_documentation_says(self) -> None:
        text = f"tickets\n{NOW}\nPOST\n/internal/payments/checkout-sessions?x=1\n{hashlib.sha256(BODY).hexdigest()}"
        by_hand = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        assert signed().headers["x-internal-signature"] == by_hand

    def test_a_signed_call_is_the_services(self) -> None:
        assert Door().opens(signed()) == Service("tickets", frozenset({"demo"}))

    @pytest.mark.parametrize("secret", [SECRET, OLD])
    def test_while_secrets_rotate_either_is_good(self, secret: str) -> None:
        assert Door().opens(signed(secret=secret)).name == "tickets"

    @pytest.mark.parametrize(
        "change",
        [
            {"body": BODY + b" "},
            {"body": b""},
            {"target": "/internal/payments/checkout-sessions?x=2"},
            {"target": "/internal/payments/checkout-sessions"},
            {"target": "/internal/payments/providers?x=1"},
            {"method": "GET"},
            {"method": "PUT"},
        ],
    )
    def test_anything_altered_is_refused(self, change: dict[str, Any]) -> None:
        Door().stays_shut(replace(signed(), **change))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("x-internal-service", "bars"),
            ("x-internal-timestamp", str(NOW + 1)),
            ("x-internal-timestamp", f"0{NOW}"),
            ("x-internal-signature", ""),
            ("x-internal-signature", "é"),
            ("x-internal-signature", "\ud800"),
            ("x-internal-signature", "0" * 64),
        ],
    )
    def test_an_altered_header_is_refused(self, name: str, value: str) -> None:
        call = signed()
        Door().stays_shut(replace(call, headers={**call.headers, name: value}))

    @pytest.mark.parametrize("missing", ["x-internal-service", "x-internal-timestamp"])
    def test_a_missing_header_is_refused(self, missing: str) -> None:
        call = signed()
        headers = {name: value for name, value in call.headers.items() if name != missing}
        Door().stays_shut(replace(call, headers=headers))

    def test_the_digest_is_lower_case_hex_and_nothing_else(self) -> None:
        call = signed()
        upper = call.headers["x-internal-signature"].upper()
        Door().stays_shut(replace(call, headers={**call.headers, "x-internal-signature": upper}))

    @pytest.mark.parametrize("age", [0, 300, -300])
    def test_within_five_minutes_either_way_it_is_fresh(self, age: int) -> None:
        assert Door(now=NOW + age).opens(signed()).name == "tickets"

    @pytest.mark.parametrize("age", [301, -301, 86_400, -86_400])
    def test_past_five_minutes_it_is_not(self, age: int) -> None:
        Door(now=NOW + age).stays_shut(signed())

    @pytest.mark.parametrize(
        "at", ["", "now", "-5", "1e9", f"{NOW}.0", f" {NOW}", f"+{NOW}", "١٨٠٠٠٠٠٠٠٠", "²", "9" * 5000, f"{NOW}_0"]
    )
    def test_a_timestamp_is_whole_seconds(self, at: str) -> None:
        Door().stays_shut(signed(at=at))

    @pytest.mark.parametrize(
        ("service", "secret"), [("unknown", SECRET), ("bars", SECRET), ("tickets", "another-secret")]
    )
    def test_another_services_secret_is_refused(self, service: str, secret: str) -> None:
        Door().stays_shut(signed(service, secret))

    @pytest.mark.parametrize("service", ["empty", "blank", "none", "unfilled", "unknown", ""])
    @pytest.mark.parametrize("secret", ["", "  "])
    def test_an_empty_secret_opens_nothing(self, service: str, secret: str) -> None:
        Door().stays_shut(signed(service, secret))

    @pytest.mark.parametrize("known", [{}, {"services": None}, {"services": {}}])
    def test_without_services_nothing_opens(self, known: dict[str, Any]) -> None:
        Door(known).stays_shut(signed())


class TestReplay:
    def test_a_mutation_without_idempotency_key_is_accepted_once(self) -> None:
        door = Door()
        door.opens(signed())
        with pytest.raises(SignatureUsed):
            door.opens(signed())
        door.now += 299
        with pytest.raises(SignatureUsed):
            door.opens(signed())

    def test_it_is_remembered_for_as_long_as_it_would_be_fresh(self) -> None:
        door = Door()
        early = signed(at=NOW + 300)
        door.opens(early)
        door.now = NOW + 600
        with pytest.raises(SignatureUsed):
            door.opens(early)
        door.now = NOW + 601
        door.stays_shut(early)

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_read_may_be_repeated(self, method: str) -> None:
        door = Door()
        for _ in range(2):
            assert door.opens(signed(method=method, body=b"")).name == "tickets"

    def test_an_idempotency_key_makes_repeating_safe(self) -> None:
        door = Door()
        for _ in range(2):
            assert door.opens(signed(idempotency_key="8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11")).name == "tickets"

    @pytest.mark.parametrize("other", [{}, {"idempotency_key": "0e8d9f5e-3c39-4c41-8ad6-6a4f2f0f5f10"}])
    def test_a_captured_call_is_not_made_anew_under_another_key(self, other: dict[str, Any]) -> None:
        """The header is not signed: without this, each new key would make a new payment."""
        door = Door()
        door.opens(signed(idempotency_key="8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"))
        with pytest.raises(SignatureUsed):
            door.opens(signed(**other))

    def test_a_captured_call_without_key_gets_none(self) -> None:
        door = Door()
        door.opens(signed())
        with pytest.raises(SignatureUsed):
            door.opens(signed(idempotency_key="8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11"))

    def test_a_false_signature_spends_nothing(self) -> None:
        door = Door()
        call = signed()
        door.stays_shut(replace(call, body=b"other"))
        assert door.opens(call).name == "tickets"

    def test_a_new_timestamp_is_a_new_signature(self) -> None:
        door = Door()
        door.opens(signed())
        assert door.opens(signed(at=NOW + 1)).name == "tickets"


def with_token(token: str) -> Call:
    return Call("POST", "/", {"x-platform-internal-token": token}, BODY)


class TestPlatformToken:
    def test_the_token_is_the_platforms(self) -> None:
        assert Door().opens(with_token("platform-token")) == Service("platform", frozenset({"*"}))
        assert Door().opens(with_token("second-token")) == Service("reports", frozenset({"demo"}))

    @pytest.mark.parametrize(
        "token", ["", " ", "   ", "platform-token ", "PLATFORM-TOKEN", "platform", "None", "é", "\ud800"]
    )
    def test_no_other_token_is(self, token: str) -> None:
        Door().stays_shut(with_token(token))

    @pytest.mark.parametrize("known", [{}, {"internal_tokens": None}, {"internal_tokens": []}])
    @pytest.mark.parametrize("token", ["", "platform-token"])
    def test_without_tokens_nothing_opens(self, known: dict[str, Any], token: str) -> None:
        Door(known).stays_shut(with_token(token))


class TestWhomAServiceActsFor:
    def test_it_names_a_tenant_of_its_list(self) -> None:
        assert Service("tickets", frozenset({"demo"})).viewer("demo") == Viewer("demo", None)
        assert Service("platform", frozenset({"*"})).viewer("any-tenant") == Viewer("any-tenant", None)

    @pytest.mark.parametrize("tenant", [None, "", "other", "*", "a#b", "demo\n", "x" * 65])
    def test_nothing_else_is_a_tenant_for_it(self, tenant: str | None) -> None:
        with pytest.raises(Forbidden):
            Service("tickets", frozenset({"demo"})).viewer(tenant)

    @pytest.mark.parametrize("tenant", [None, "", "*", "a#b", "é"])
    def test_even_who_acts_for_all_names_one(self, tenant: str | None) -> None:
        with pytest.raises(Forbidden):
            Service("platform", frozenset({"*"})).viewer(tenant)

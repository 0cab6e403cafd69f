"""Signatures are those of the Standard Webhooks specification, and there is one for each secret that holds."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from local.simulators.consumer.verification import NotVerified, verify
from tollgate.deliveries.signing import keys_of, signature, signed_headers

# Published: in the specification's own documentation of signatures.
SECRET, ID, AT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, EXPECTED = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NEXT = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


def keys(*secrets: Any) -> tuple[bytes, ...]:
    return keys_of({"signing_secrets": list(secrets)})


def test_the_published_example_gives_the_published_signature() -> None:
    assert signature(keys(SECRET), ID, AT, BODY) == EXPECTED


def test_while_a_secret_is_rotated_there_are_two_signatures_and_whoever_has_either_secret_verifies() -> None:
    headers = signed_headers(keys(NEXT, SECRET), ID, AT, BODY)
    assert headers["webhook-signature"].split(" ")[1] == EXPECTED
    for secret in (SECRET, NEXT):
        verify(headers, BODY, [secret], AT + 10)


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"body": BODY + b" "}, "webhook-signature"),
        ({"secret": NEXT}, "webhook-signature"),
        ({"now": AT + 301}, "webhook-timestamp"),
        ({"now": AT - 301}, "webhook-timestamp"),
    ],
)
def test_what_was_changed_or_is_old_is_not_verified(changed: dict[str, Any], header: str) -> None:
    given: dict[str, Any] = {"body": BODY, "secret": SECRET, "now": AT} | changed
    headers = signed_headers(keys(SECRET), ID, AT, BODY)
    with pytest.raises(NotVerified, match=header):
        verify(headers, given["body"], [given["secret"]], given["now"])


def test_what_is_no_secret_signs_nothing() -> None:
    short, long = (f"whsec_{base64.b64encode(bytes(length)).decode()}" for length in (23, 65))
    assert keys("whsec_no-base-64!", short, long, 7, "") == ()
    assert keys_of({}) == keys_of({"signing_secrets": SECRET}) == ()
    assert len(keys("", SECRET, "whsec_%%%")) == 1

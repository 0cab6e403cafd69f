"""Square's webhook signature, on the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from tollgate.inbox.doors import Door, Knock, Named, SignatureInvalid, json_object, named
from tollgate.kernel.secrets import valid_secrets

HEADER = "x-square-hmacsha256-signature"


class SquareDoor(Door):
    """The secret is `{"signing_keys": [...], "notification_url": "https://..."}`, two keys while one is replaced.

    Square signs the address that it was given, character for character, so that is told and not read off the request.
    Nothing in a signature is of its time: what comes again is known by its event id.
    """

    def is_open(self, secret: Mapping[str, Any]) -> bool:
        return bool(_address(secret) and valid_secrets(secret.get("signing_keys")))

    def prove(self, knock: Knock, secret: Mapping[str, Any]) -> None:
        verify(knock.payload, knock.headers.get(HEADER), _address(secret), valid_secrets(secret.get("signing_keys")))

    def name(self, knock: Knock) -> Named | None:
        event = json_object(knock.payload)
        return named(event.get("event_id"), event.get("type"), knock.payload) if event else None


def verify(payload: bytes, header: str | None, address: str, keys: Sequence[str]) -> None:
    """Accept exactly what Square's own library accepts under one of the keys: HMAC-SHA256 in base 64 over the address
    and the raw body, which must not be empty.
    """
    if not payload or not address:
        raise SignatureInvalid("nothing was signed")
    signed, given = address.encode() + payload, (header or "").encode(errors="replace")
    # Every key is tried, so that the time taken says nothing about which of them came close.
    matches = [hmac.compare_digest(_signature(key, signed), given) for key in keys if key.strip()]
    if not any(matches):
        raise SignatureInvalid("no signature matches")


def _signature(key: str, signed: bytes) -> bytes:
    return base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest())


def _address(secret: Mapping[str, Any]) -> str:
    address = secret.get("notification_url")
    return address.strip() if isinstance(address, str) else ""

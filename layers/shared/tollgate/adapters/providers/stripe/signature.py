"""Stripe's webhook signature, on the standard library alone: the SDK takes longer to import than all else the webhook
does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from tollgate.inbox.doors import Door, Knock, Named, SignatureInvalid, json_object, named
from tollgate.kernel.secrets import valid_secrets

TOLERANCE_SECONDS = 300


class StripeDoor(Door):
    """Stripe's webhook, and whoever signs in its manner under another header. `event_object` is what an event must call
    itself, where it does. The secret is `{"signing_secrets": [...]}`, two while one is rotated.
    """

    def __init__(self, header: str = "stripe-signature", event_object: str | None = "event") -> None:
        self._header = header
        self._event_object = event_object

    def is_open(self, secret: Mapping[str, Any]) -> bool:
        return bool(valid_secrets(secret.get("signing_secrets")))

    def prove(self, knock: Knock, secret: Mapping[str, Any]) -> None:
        signing = valid_secrets(secret.get("signing_secrets"))
        verify(knock.payload, knock.headers.get(self._header), signing, knock.at)

    def name(self, knock: Knock) -> Named | None:
        event = json_object(knock.payload)
        if event is None or (self._event_object is not None and event.get("object") != self._event_object):
            return None
        return named(event.get("id"), event.get("type"), knock.payload)


def verify(payload: bytes, header: str | None, secrets: Sequence[str], now: float) -> None:
    """Accept exactly what Stripe's own library accepts under one of the secrets (two are valid while one is rotated).

    The signed text is `<t>.<raw body>`, HMAC-SHA256 in hex, and any `v1` entry may match. `now` is wall time in epoch
    seconds: a
    timestamp older than five minutes is refused, one in the future is not.
    """
    timestamp, signatures = _parse(header or "")
    signed = b"%d." % timestamp + payload
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets if secret.strip()]
    # Every pair is compared, so that the time taken says nothing about which secret or entry came close.
    matches = [
        hmac.compare_digest(digest.encode(), given.encode(errors="replace"))
        for digest in expected
        for given in signatures
    ]
    if not any(matches):
        raise SignatureInvalid("no signature matches")
    if timestamp < now - TOLERANCE_SECONDS:
        raise SignatureInvalid("the timestamp is too old")


def _parse(header: str) -> tuple[int, list[str]]:
    """The first timestamp and every `v1` signature; other schemes are passed over."""
    entries = [entry.split("=", 2) for entry in header.split(",")]
    try:
        timestamps = [entry[1] for entry in entries if entry[0] == "t"]
        return int(timestamps[0]), [entry[1] for entry in entries if entry[0] == "v1"]
    except (IndexError, ValueError):
        raise SignatureInvalid("the header is malformed") from None

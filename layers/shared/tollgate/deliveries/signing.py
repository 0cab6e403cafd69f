"""Signatures by the Standard Webhooks specification (https://www.standardwebhooks.com), version 1.0.0: HMAC-SHA256 over
id, timestamp and body, each valid secret giving one.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from tollgate.kernel.secrets import valid_secrets

PREFIX = "whsec_"
# The specification asks for 24 to 64 bytes.
_SHORTEST, _LONGEST = 24, 64


def keys_of(secret: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The keys of a consumer's secret, `{"signing_secrets": ["whsec_<base64>", …]}`: two while one is rotated. What is
    no key is passed over; none means that nothing can be signed.
    """
    found = (_key(text) for text in valid_secrets(secret.get("signing_secrets")))
    return tuple(key for key in found if key is not None)


def signed_headers(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes with the body. `timestamp` is seconds of wall time: who verifies compares it with their own clock."""
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(keys, id_, timestamp, body),
    }


def signature(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> str:
    """One `v1,<base64>` for each key, separated by a space; whoever knows any of the keys can verify it."""
    content = f"{id_}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, content, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)


def _key(text: str) -> bytes | None:
    try:
        key = b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if _SHORTEST <= len(key) <= _LONGEST else None

"""Verifying a delivery as the Standard Webhooks specification says it: https://www.standardwebhooks.com. Nothing of
this is the sender's code.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

TOLERANCE_SECONDS = 5 * 60


class NotVerified(Exception):
    """Whoever sent it is not who they say, or it is old; the message says which header."""


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Raises `NotVerified` unless one of the signatures is of one of the secrets, and is not old."""
    message_id, sent_at, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message_id:
        raise NotVerified("webhook-id")
    if not sent_at.isdigit() or abs(now - int(sent_at)) > TOLERANCE_SECONDS:
        raise NotVerified("webhook-timestamp")
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    expected = {_signature(secret, signed) for secret in secrets}
    versions = (each.split(",", 1) for each in given.split(" "))
    signatures = [each[1] for each in versions if len(each) == 2 and each[0] == "v1"]
    if not any(hmac.compare_digest(one, other) for one in signatures for other in expected):
        raise NotVerified("webhook-signature")


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

"""The `Stripe-Signature` header."""

import hashlib
import hmac
from collections.abc import Sequence


def signature_header(payload: bytes, timestamp: int, secrets: Sequence[str]) -> str:
    """`t=…,v1=…`, with one `v1` for every secret that is valid now. `timestamp` in epoch seconds of real time."""
    signed = f"{timestamp}.".encode() + payload
    marks = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join((f"t={timestamp}", *(f"v1={mark}" for mark in marks)))

"""Signed tokens for people, as an identity provider would issue them, and the way a service signs a request."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence

import jwt

from local.credentials import AUDIENCE, ISSUER, Credentials

ROLES = ("user", "venue_manager", "venue_owner", "admin")


def mint(
    credentials: Credentials, *, sub: str, role: str, tenant_id: str, venues: Sequence[str], ttl_seconds: int
) -> str:
    """An RS256 token. Tokens use the wall clock, whatever the domain clock says."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + ttl_seconds,
        "sub": sub,
        "role": role,
        "tenant_id": tenant_id,
        "venues": list(venues),
    }
    return jwt.encode(claims, credentials.private_key, algorithm="RS256", headers={"kid": credentials.key_id})


def sign_service_request(secret: str, service: str, timestamp: int, method: str, path: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over service, timestamp (seconds), method, path with query, and the body's SHA-256."""
    signed = "\n".join((service, str(timestamp), method, path, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()

"""Proof of identity: a JSON web token for people; a signature or the platform's token for services.

All three use wall time, never the movable clock. Secrets come through the secrets port; several of each may be valid
while one is rotated.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from tollgate.kernel.secrets import Secrets, valid_secrets
from tollgate.runtime.http.principal import (
    TENANT_PATTERN,
    AuthRequired,
    InvalidToken,
    Person,
    Principal,
    Role,
    Service,
    TokenExpired,
)

# Whoever sends one of these headers says who they are.
CREDENTIALS = ("authorization", "x-internal-signature", "x-platform-internal-token")
SIGNATURE_WINDOW_SECONDS = 300
_EPOCH_SECONDS = re.compile(r"[0-9]{1,12}")
_MAX_SUBJECT = 128
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class Call:
    """What is being asked, as far as identity depends on it. Header names are lower case."""

    method: str
    target: str  # path, with `?query` where there is one
    headers: Mapping[str, str]
    body: bytes

    @property
    def changes_something(self) -> bool:
        """Whether it must not be done again just because it was captured on its way."""
        return self.method not in ("GET", "HEAD")

    @property
    def idempotency_key(self) -> str:
        """What makes a repetition harmless, or nothing. The header is not signed: a signature is bound to
        the key it came with.
        """
        return self.headers.get("idempotency-key", "").strip().lower()


class UsedSignatures(Protocol):
    """Spends a signature once."""

    def use(self, service: str, signature: str, *, now: int, until: int, bound_to: str = "") -> None:
        """Raises when it was spent, unless on the same non-empty `bound_to`."""


class Authenticator:
    """Finds out who makes a call."""

    def __init__(self, secrets: Secrets, signatures: UsedSignatures, wall: Callable[[], float] = time.time) -> None:
        self._secrets = secrets
        self._signatures = signatures
        self._wall = wall

    def identify(self, call: Call) -> Principal:
        """Raises `AuthRequired`, `InvalidToken` or `TokenExpired`; never tells which part was wrong."""
        secret = self._secrets.get("auth")
        authorization = call.headers.get("authorization", "")
        if authorization[:7].lower() == "bearer ":
            return self._person(authorization[7:].strip(), secret.get("jwt") or {})
        if "x-internal-signature" in call.headers:
            return self._signed(call, secret.get("services") or {})
        if "x-platform-internal-token" in call.headers:
            return self._platform(call.headers["x-platform-internal-token"], secret.get("internal_tokens") or [])
        raise AuthRequired("sign in, or sign the request")

    def _person(self, token: str, settings: Mapping[str, Any]) -> Person:
        try:
            keys = settings.get("public_keys") or {}
            pem = keys.get(_key_id(token.partition(".")[0]))
            if not pem:
                raise InvalidToken("unknown key")
            claims = jwt.decode(
                token,
                _public_key(pem),
                algorithms=["RS256"],
                audience=settings["audience"],
                issuer=settings["issuer"],
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
            return _person_of(claims)
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("the token has expired; sign in again") from error
        except (jwt.InvalidTokenError, KeyError) as error:
            raise InvalidToken("the token is not valid here") from error

    def _signed(self, call: Call, services: Mapping[str, Any]) -> Service:
        name = call.headers.get("x-internal-service", "")
        timestamp = call.headers.get("x-internal-timestamp", "")
        given = call.headers["x-internal-signature"]
        now = int(self._wall())
        known = services.get(name) or {}
        expected = [
            sign(secret, name, timestamp, call.method, call.target, call.body)
            for secret in valid_secrets(known.get("secrets"))
        ]
        matches = [hmac.compare_digest(digest.encode(), given.encode(errors="replace")) for digest in expected]
        seconds = int(timestamp) if _EPOCH_SECONDS.fullmatch(timestamp) else 0
        fresh = abs(now - seconds) <= SIGNATURE_WINDOW_SECONDS
        if not any(matches) or not fresh:
            raise InvalidToken("the signature is not valid now")
        if call.changes_something:
            until = seconds + SIGNATURE_WINDOW_SECONDS + 1
            self._signatures.use(name, given, bound_to=call.idempotency_key, now=now, until=until)
        return Service(name, frozenset(known.get("tenants") or []))

    def _platform(self, given: str, tokens: list[Mapping[str, Any]]) -> Service:
        found = None
        for entry in tokens:
            for token in valid_secrets([entry.get("token")]):
                if hmac.compare_digest(token.encode(), given.encode(errors="replace")):
                    found = entry
        if found is None:
            raise InvalidToken("the token is not valid here")
        return Service(str(found["service"]), frozenset(found.get("tenants") or []))


def sign(secret: str, service: str, timestamp: str, method: str, target: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over service, timestamp (epoch seconds), method, path with query, and the body's SHA-256, a
    line each.
    """
    text = "\n".join((service, timestamp, method.upper(), target, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _key_id(head: str) -> str | None:
    """Which key the first part of a token names. Many tokens share it; what it says is proven with the rest."""
    named = jwt.get_unverified_header(f"{head}..").get("kid")
    return named if isinstance(named, str) else None


@lru_cache(maxsize=16)
def _public_key(pem: str) -> RSAPublicKey:
    """Read once: it takes as long as checking a signature with it."""
    return cast(RSAPublicKey, _RS256.prepare_key(pem))


def _person_of(claims: Mapping[str, Any]) -> Person:
    subject, tenant, role = claims["sub"], claims["tenant_id"], claims["role"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise InvalidToken("bad subject")
    if not isinstance(tenant, str) or not TENANT_PATTERN.fullmatch(tenant):
        raise InvalidToken("bad tenant")
    venues = claims.get("venues") or []
    if role not in list(Role) or not isinstance(venues, list):
        raise InvalidToken("bad role")
    return Person(subject, tenant, Role(role), frozenset(map(str, venues)))

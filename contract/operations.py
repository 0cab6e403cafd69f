"""One operation of the HTTP API, and what many of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.errors import (
    ConcurrentChange,
    Forbidden,
    NotFound,
    StoreUnavailable,
    TollgateError,
    ValidationFailed,
)
from tollgate.kernel.idempotency import (
    DuplicateInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from tollgate.payments.errors import InvalidCursor
from tollgate.runtime.http.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from tollgate.runtime.http.principal import AuthRequired, InvalidToken, TokenExpired
from tollgate.runtime.http.queries import DEFAULT_LIMIT, MAX_LIMIT
from tollgate.runtime.http.schemas import Body

type Errors = tuple[type[TollgateError], ...]


class Who(StrEnum):
    """How callers prove who they are. What they may then do is said in the operation's own words."""

    EVERYONE = "everyone"  # no credentials are asked for
    ANYBODY = "anybody"  # who says nothing of themselves names the tenant
    KNOWN = "known"  # a person, or a service that says for which tenant
    LINKED = "linked"  # a person, a service, or who has the link of a share
    SERVICES = "services"
    PROVIDERS = "providers"  # they sign their webhooks, or know a password


class Key(StrEnum):
    """Where the idempotency key comes from."""

    NONE = "none"
    HEADER = "header"
    HEADER_OR_BODY = "header_or_body"
    MADE = "made"  # may stay away; one is made, and returned


@dataclass(frozen=True)
class Parameter:
    """One value in the path or the query."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    comma_separated: bool = False


# What each may answer beyond its own errors.
IDENTITY: Errors = (AuthRequired, InvalidToken, TokenExpired, Forbidden, MalformedRequest, PayloadTooLarge)
STORED: Errors = (StoreUnavailable,)
CHANGED: Errors = (ConcurrentChange,)
KEYED: Errors = (IdempotencyKeyInvalid, IdempotencyKeyReused, DuplicateInProgress)
SENT: Errors = (UnsupportedMediaType, ValidationFailed)
LISTED: Errors = (ValidationFailed, InvalidCursor)


@dataclass(frozen=True)
class Operation:
    """`route` as template.yaml has it. `answers` are by status, `raises` the errors of its own; `refusals` are codes
    that are stored as the answer under a key, by their status. `needs` is what a body must have beyond its model.
    `beyond_tenants` where a service may also ask for what belongs to no tenant; `names_tenant` where only services ask,
    and say for which. `plain` are statuses that may be
    answered with a text.
    """

    route: str
    name: str
    tag: str
    summary: str
    answers: Mapping[int, type[BaseModel]]
    description: str = ""
    who: Who = Who.KNOWN
    raises: Errors = ()
    refusals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    body: type[Body] | None = None
    body_may_be_absent: bool = False
    needs: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    key: Key = Key.NONE
    calls_provider: bool = False
    beyond_tenants: bool = False
    names_tenant: bool = False
    plain: tuple[int, ...] = ()

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def address(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def errors(self) -> Errors:
        """Everything that it is known to raise."""
        found = self.raises
        if self.who in (Who.ANYBODY, Who.KNOWN, Who.LINKED, Who.SERVICES):
            found += IDENTITY + STORED
            found += (*CHANGED, SignatureUsed) if self.method != "GET" else ()
        found += KEYED if self.key is not Key.NONE else ()
        found += (IdempotencyKeyMissing,) if self.key in (Key.HEADER, Key.HEADER_OR_BODY) else ()
        found += SENT if self.body else ()
        found += (ValidationFailed,) if self.query else ()
        found += (NotFound,) if self.path and self.who is not Who.PROVIDERS else ()
        return found + ((ProviderUnavailable,) if self.calls_provider else ())


LIMIT = Parameter(
    "limit",
    "How many at most.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
CURSOR = Parameter("cursor", "`nextCursor` of the page before. A short page with a cursor is not the last.")
FROM = Parameter(
    "from", "From this time on, with an offset: `2026-01-31T00:00:00Z`.", {"type": "string", "format": "date-time"}
)
TO = Parameter("to", "Before this time.", {"type": "string", "format": "date-time"})
PAGE = (LIMIT, CURSOR)
STRETCH = (*PAGE, FROM, TO)
CURRENCY = Parameter("currency", "ISO 4217, in capitals.", {"type": "string", "pattern": "^[A-Z]{3}$"})


def id_of(what: str, name: str = "id") -> Parameter:
    """The part of a path that names something."""
    return Parameter(name, f"Id of the {what}.")

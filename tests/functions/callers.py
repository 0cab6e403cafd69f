"""Everybody who may ask for a thing of the tenant `demo`, of its user `buyer-1` and its venue `ven_1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.functions.paying_out import VENUE
from tests.functions.trading import BUYER, DEMO, OTHER_BUYER, Thing
from tests.support.deployment import NEIGHBOUR, NEIGHBOURS_TOKEN, PLATFORM_TOKEN
from tests.support.requests import token


@dataclass(frozen=True)
class Caller:
    """`tenant` is the one whose things it may read, if any; all of them, or a user's and a venue's."""

    name: str
    headers: Mapping[str, str]
    tenant: str | None = None
    user: str | None = None
    whole_tenant: bool = False
    venues: frozenset[str] = frozenset()

    def reads(self, thing: Thing) -> bool:
        if thing.tenant != self.tenant:
            return False
        return self.whole_tenant or thing.user == self.user is not None or thing.venue in self.venues


def _person(name: str, user: str, tenant: str, role: str, *venues: str, **headers: str) -> Caller:
    # Made when tests are collected, and used when they run.
    until = datetime.now(UTC) + timedelta(hours=2)
    signed: Any = token(user, tenant, role, venues=list(venues), exp=until)
    sent = {"authorization": f"Bearer {signed}", **headers}
    return Caller(name, sent, tenant, user, whole_tenant=role == "admin", venues=frozenset(venues))


def _service(name: str, secret: str, tenant: str, *, reads: bool = True) -> Caller:
    sent = {"x-platform-internal-token": secret, "x-tenant-id": tenant}
    return Caller(name, sent, tenant if reads else None, whole_tenant=reads)


NOBODY = Caller("nobody", {})
THE_BUYER = _person("the buyer", BUYER, DEMO, "user")
ANOTHER_BUYER = _person("another buyer", OTHER_BUYER, DEMO, "user")
MANAGER = _person("the venue's manager", "manager-1", DEMO, "venue_manager", VENUE)
OWNER = _person("the venue's owner", "owner-1", DEMO, "venue_owner", VENUE)
ANOTHER_OWNER = _person("another venue's owner", "owner-2", DEMO, "venue_owner", "ven_2")
ADMIN = _person("the admin", "boss", DEMO, "admin")
SERVICE = _service("a service for all", PLATFORM_TOKEN, DEMO)
THEIR_ADMIN = _person("another tenant's admin", "boss", NEIGHBOUR, "admin")
THEIR_OWNER = _person("another tenant's venue owner", "owner-1", NEIGHBOUR, "venue_owner", VENUE)
# Their user has the buyer's name.
NAMESAKE = _person("another tenant's user of that name", BUYER, NEIGHBOUR, "user")
THEIR_SERVICE = _service("another tenant's service", NEIGHBOURS_TOKEN, NEIGHBOUR)
BARRED = _service("another tenant's service, asking for ours", NEIGHBOURS_TOKEN, DEMO, reads=False)
PRETENDER = _person("another tenant's admin, asking for ours", "boss", NEIGHBOUR, "admin", **{"x-tenant-id": DEMO})

CALLERS = (
    NOBODY,
    THE_BUYER,
    ANOTHER_BUYER,
    MANAGER,
    OWNER,
    ANOTHER_OWNER,
    ADMIN,
    SERVICE,
    THEIR_ADMIN,
    THEIR_OWNER,
    NAMESAKE,
    THEIR_SERVICE,
    BARRED,
    PRETENDER,
)

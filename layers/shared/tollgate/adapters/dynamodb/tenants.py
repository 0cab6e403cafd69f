"""Tenants' settings and used signatures on the core table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.items import TenantItem
from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import UnitOfWork

EVERY_TENANT = "*"


class DynamoTenants:
    """Which web origins a tenant's buyers may be sent back to. May be up to a minute old."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._unit_of_work = unit_of_work
        self._cache: Cache[str, frozenset[str]] = Cache(self._read, monotonic)

    def return_origins(self, tenant: str) -> frozenset[str]:
        """The tenant's own origins, with those that every tenant has."""
        return self._cache.get(tenant)

    def put(self, tenant: str, origins: Sequence[str]) -> None:
        """Store a tenant's settings; `*` for those of every tenant."""
        pk, sk = keys.tenant_settings(tenant)
        item = TenantItem(pk=pk, sk=sk, kind="tenant", return_origins=json.dumps(list(origins)))
        self._unit_of_work.commit(self._core.put(item, None, lambda _: StoreUnavailable()))

    def _read(self, tenant: str) -> frozenset[str]:
        raws = self._core.get_all([keys.tenant_settings(tenant), keys.tenant_settings(EVERY_TENANT)])
        return frozenset(origin for raw in raws for origin in json.loads(raw["return_origins"]["S"]))

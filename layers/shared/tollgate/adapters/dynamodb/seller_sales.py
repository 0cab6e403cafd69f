"""A seller's sales of a month, beside the balance in which the ledger's projector counts them."""

from __future__ import annotations

import time
from collections.abc import Callable

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.ledger import SALES
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.fees.platform import Sales
from tollgate.ledger import accounts


class DynamoSales(Sales):
    """Read once a minute, so that fixing a fee costs no read of its own."""

    def __init__(self, core: Table, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._cache: Cache[tuple[str, str, str], Raw] = Cache(self._read, monotonic)

    def of_month(self, tenant: str, seller: str, currency: str, month: str) -> int:
        raw = self._cache.get((tenant, seller, currency))
        return int(raw.get(f"{SALES}{month}", {"N": "0"})["N"])

    def _read(self, key: tuple[str, str, str]) -> Raw:
        tenant, seller, currency = key
        return self._core.get(keys.balance(tenant, currency, accounts.seller_pending(seller))) or {}

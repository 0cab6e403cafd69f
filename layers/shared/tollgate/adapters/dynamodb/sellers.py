"""Sellers on the core table, as far as they are paid out."""

from __future__ import annotations

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import SellerItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import Write
from tollgate.payouts.model import Seller, SellerRisk
from tollgate.payouts.ports import SellerRepository


class DynamoSellers(SellerRepository):
    """One item each."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Seller | None:
        raw = self._core.get(keys.seller(tenant, id_))
        return _from_item(tenant, id_, raw) if raw else None

    def put(self, seller: Seller) -> Write:
        pk, sk = keys.seller(seller.tenant, seller.id)
        item = SellerItem(pk=pk, sk=sk, kind="seller", stripe_account=seller.stripe_account, risk=seller.risk.value)
        return self._core.put(item, None, _never)


def _from_item(tenant: str, id_: str, raw: Raw) -> Seller:
    """Older ones say nothing of their risk."""
    risk = raw["risk"]["S"] if "risk" in raw else SellerRisk.STANDARD
    return Seller(tenant, id_, raw["stripe_account"]["S"], SellerRisk(risk))


def _never(_: Raw | None) -> Exception:
    return ConcurrentChange("a write without condition was refused")

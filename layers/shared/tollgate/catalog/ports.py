"""What the catalog needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tollgate.catalog.model import PricingItem


class CatalogRepository(ABC):
    """Pricing items by code: a tenant's own item goes before a shared one of the same code."""

    @abstractmethod
    def find(self, tenant: str, code: str) -> PricingItem | None:
        """The item this tenant sells under that code, active or not. May be up to a minute old."""

    @abstractmethod
    def put(self, item: PricingItem) -> None:
        """Store an item, replacing what has its tenant and code."""

"""What the catalog needs from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from tollgate.catalog.model import Interval, ItemChange, ItemKey, PricingItem
from tollgate.kernel.unit_of_work import Write


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a list has; None for all. What was withdrawn is left out unless it is asked for."""

    active: bool | None = None
    product: str | None = None
    interval: Interval | None = None
    withdrawn: bool = False

    def takes(self, item: PricingItem) -> bool:
        return (
            self.active in (None, item.active)
            and self.product in (None, item.product)
            and self.interval in (None, item.interval)
            and (self.withdrawn or item.withdrawn_at is None)
        )


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of a list, and where the next begins, if there may be one."""

    items: tuple[PricingItem, ...]
    cursor: str | None


class CatalogRepository(ABC):
    """Pricing items by code, as a sale needs them: a tenant's own item goes before a shared one of the same code."""

    @abstractmethod
    def find(self, tenant: str, code: str) -> PricingItem | None:
        """The item this tenant sells under that code, active or not. May be up to a minute old."""


class PricingItemRepository(CatalogRepository):
    """The same as they are made and changed, with their events. All but `find` reads what stands now."""

    @abstractmethod
    def get(self, key: ItemKey) -> PricingItem | None:
        """The item of this very tenant."""

    @abstractmethod
    def list(self, tenant: str, selection: Selection, *, limit: int, cursor: str | None) -> ItemsPage:
        """A page of what the tenant can sell, by code, its own items before the shared ones, and none of these under a
        code of its own. Raises `InvalidCursor`.
        """

    @abstractmethod
    def create(self, change: ItemChange) -> tuple[Write, ...]:
        """Store a new item and event 1; `PricingItemExists` if the tenant has one of this code."""

    @abstractmethod
    def update(self, change: ItemChange) -> tuple[Write, ...]:
        """Store the next version and its event; `PricingItemMovedOn` with the stored item unless it is at the version
        before.
        """

"""What can go wrong with a pricing item on our side."""

from __future__ import annotations

from tollgate.catalog.model import PricingItem
from tollgate.kernel.errors import ConcurrentChange, NotFound, TollgateError


class PricingItemNotFound(NotFound):
    """No item for this caller. One that the caller may not see gives the same answer."""

    def __init__(self) -> None:
        super().__init__("pricing item")


class PricingItemExists(TollgateError):
    """The tenant has an item of this code, and it is another than the wanted one; carries it as it stands."""

    code = "PRICING_ITEM_EXISTS"

    def __init__(self, item: PricingItem) -> None:
        how = "was withdrawn" if item.withdrawn_at else "differs"
        super().__init__(f"{item.id} exists already, and {how}: change it, or take another code")
        self.item = item


class PricingItemChanged(TollgateError):
    """The caller wants to change a version that is not the last one; says which is."""

    code = "PRICING_ITEM_CHANGED"

    def __init__(self, item: PricingItem) -> None:
        super().__init__(f"{item.id} is at version {item.version} now")
        self.item = item


class PricingItemMovedOn(ConcurrentChange):
    """The item moved on since it was read; carries it as it stands, so that nobody need read again."""

    def __init__(self, item: PricingItem) -> None:
        super().__init__(f"{item.id} is at version {item.version} now")
        self.item = item

"""The catalog as services and the configuration keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tollgate.catalog.errors import PricingItemChanged, PricingItemExists, PricingItemMovedOn, PricingItemNotFound
from tollgate.catalog.model import Asked, Changes, ItemChange, ItemKey, PricingItem
from tollgate.catalog.ports import ItemsPage, PricingItemRepository, Selection
from tollgate.catalog.rules import require_references_of_this_price, require_same_kind, require_sound
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork

# Of so many who change one item at once, each comes through in the end.
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Made:
    """The item that was wanted, and whether it was there before."""

    item: PricingItem
    is_new: bool


class CatalogDesk:
    """Every change is one transaction with its event. Whoever bought an item keeps the price that they bought it at."""

    def __init__(self, items: PricingItemRepository, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._items = items
        self._unit_of_work = unit_of_work
        self._clock = clock

    def find(self, key: ItemKey) -> PricingItem:
        """The item, withdrawn or not. Raises `PricingItemNotFound`."""
        found = self._items.get(key)
        if found is None:
            raise PricingItemNotFound
        return found

    def list(self, tenant: str, selection: Selection, *, limit: int, cursor: str | None) -> ItemsPage:
        """As `PricingItemRepository.list`."""
        return self._items.list(tenant, selection, limit=limit, cursor=cursor)

    def create(self, wanted: PricingItem, asked: Asked) -> Made:
        """Make an item that nobody has stored yet; one that says the same is the answer where there is one. Raises
        `ValidationFailed` and `PricingItemExists`.
        """
        require_sound(wanted)
        change = wanted.created(asked, self._clock.now())
        try:
            self._unit_of_work.commit(*self._items.create(change))
        except PricingItemExists as exists:
            if not exists.item.says(wanted):
                raise
            return Made(exists.item, is_new=False)
        return Made(change.item, is_new=True)

    def change(self, key: ItemKey, wanted: Changes, asked: Asked, *, version: int | None = None) -> PricingItem:
        """The item as it then is. Raises `PricingItemNotFound`, `ValidationFailed`, and `PricingItemChanged` where it
        is at another `version` than the one that was read.
        """

        def decide(item: PricingItem) -> ItemChange | None:
            if version not in (None, item.version):
                raise PricingItemChanged(item)
            change = item.changed(wanted, asked, self._clock.now())
            if change is not None:
                require_sound(change.item)
                require_references_of_this_price(item, change.item)
            return change

        return self._decide(self.find(key), decide)

    def withdraw(self, key: ItemKey, asked: Asked) -> PricingItem:
        """Sold to nobody from now on, and kept; the item as it then is. Raises `PricingItemNotFound`."""
        return self._decide(self.find(key), lambda item: item.withdrawn(asked, self._clock.now()))

    def declare(self, wanted: PricingItem, asked: Asked) -> bool:
        """See to it that the item is as it is wanted, made or changed; whether anything had to be written. Raises
        `ValidationFailed`, also where the stored one would have to become something else.
        """
        stored = self._items.get(wanted.key)
        if stored is None:
            return self.create(wanted, asked).is_new
        require_sound(wanted)
        require_same_kind(stored, wanted)
        require_references_of_this_price(stored, wanted)
        return self._decide(stored, lambda item: self._as_declared(item, wanted, asked)) != stored

    def _as_declared(self, item: PricingItem, wanted: PricingItem, asked: Asked) -> ItemChange | None:
        now = self._clock.now()
        if item.version == 0:
            return wanted.created(asked, now)
        everything = Changes(
            wanted.name, wanted.unit.amount, wanted.active, wanted.risk, wanted.trial_days, wanted.references
        )
        return item.changed(everything, asked, now)

    def _decide(self, item: PricingItem, decide: Callable[[PricingItem], ItemChange | None]) -> PricingItem:
        for _ in range(_ATTEMPTS):
            change = decide(item)
            if change is None:
                return item
            try:
                self._unit_of_work.commit(*self._items.update(change))
            except PricingItemMovedOn as moved:
                item = moved.item
            else:
                return change.item
        raise ConcurrentChange(f"{item.id} changes too fast")

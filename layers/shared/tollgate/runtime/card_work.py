"""Cards that users have given, and what is owed."""

from __future__ import annotations

from types import MappingProxyType

from tollgate.runtime.event_queue import Published, Work
from tollgate.subscriptions.events import CARD_GIVEN
from tollgate.subscriptions.model import LIVE
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository


class AdoptCards(Work):
    """The card is the last that was given, as it is stored; an older one was overtaken."""

    types = frozenset({CARD_GIVEN})
    aggregates = MappingProxyType({"subscription": "sub"})
    name = "Cards"

    def __init__(self, subscriptions: SubscriptionRepository, collection: DebtCollection) -> None:
        self._subscriptions = subscriptions
        self._collection = collection

    def do(self, published: Published) -> str:
        of = self._subscriptions.get(SubscriptionKey(published.tenant, published.aggregate_id))
        if of is None:
            raise LookupError(f"{published.aggregate_id} is not there")
        if of.state not in LIVE or of.setup is None:
            return "over"
        return self._collection.adopt(of, of.setup).status

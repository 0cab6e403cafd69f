"""The items of royalties. As `items`."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import Item


class RoyaltiesItem(Item):
    """What one sale brought to whom; `parts` is JSON. It also says that the sale is in the sums."""

    venue = UnicodeAttribute()
    parts = UnicodeAttribute()


class RoyaltySumItem(Item):
    """What the sales of a day brought, of one event."""

    occasion = UnicodeAttribute()
    occasion_name = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    sales = NumberAttribute()

"""Events of pricing items. Those of what every tenant sells have the tenant `*`."""

from __future__ import annotations

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, Shape
from tollgate.catalog.events import AGGREGATE, CHANGED, CREATED, WITHDRAWN
from tollgate.catalog.model import Interval
from tollgate.fees.providers import Risk


class PricingItemState(Shape):
    """The whole item as it then is. `interval` is null for what is sold once; `references` are ids of its price, by
    provider; `by` is who said so.
    """

    code: str
    product: str
    name: str
    amount: Amount
    currency: Currency
    interval: Interval | None
    trial_days: int
    risk: Risk
    active: bool
    withdrawn_at: Instant | None
    references: dict[str, str]
    by: str


EVENTS = (
    EventType(CREATED, AGGREGATE, "Something can be sold that could not be before.", PricingItemState),
    EventType(
        CHANGED,
        AGGREGATE,
        "A pricing item is another than before. Whoever has bought it keeps what they bought.",
        PricingItemState,
    ),
    EventType(WITHDRAWN, AGGREGATE, "A pricing item is sold to nobody any more.", PricingItemState),
)

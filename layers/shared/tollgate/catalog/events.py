"""Detail types of pricing items' events. Each tells of the whole item as it then is."""

from __future__ import annotations

AGGREGATE = "pricing_item"
CREATED = "payments.pricing_item.created"
CHANGED = "payments.pricing_item.changed"
WITHDRAWN = "payments.pricing_item.withdrawn"

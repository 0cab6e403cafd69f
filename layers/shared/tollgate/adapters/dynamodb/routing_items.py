"""The items of routing."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb.items import Item


class CircuitItem(Item):
    """A provider's circuit, with its events beside it. `sequence` is that of the last event; `prober` names the one
    call that may try the provider until `probe_at`.
    """

    state = UnicodeAttribute()
    version = NumberAttribute()
    sequence = NumberAttribute()
    failures = NumberAttribute()
    since = UnicodeAttribute(null=True)
    probe_at = UnicodeAttribute(null=True)
    cause = UnicodeAttribute(null=True)
    prober = UnicodeAttribute(null=True)


class RoutingRulesItem(Item):
    """What operators say of a tenant, or of all; `disabled` and `order` are JSON lists of providers."""

    disabled = UnicodeAttribute()
    order = UnicodeAttribute()
    written_by = UnicodeAttribute()
    written_at = UnicodeAttribute()

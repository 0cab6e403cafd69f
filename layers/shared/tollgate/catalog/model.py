"""Pricing items: what is sold at a price, once or again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tollgate.catalog.events import AGGREGATE, CHANGED, CREATED, WITHDRAWN
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.money import Money

SHARED = "*"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
# Neither a tenant nor a code holds the mark between them, and no tenant has an empty name.
_ID = re.compile(rf"prc_({CODE.pattern})?~({CODE.pattern})", re.ASCII)


class Interval(StrEnum):
    """How often what recurs is paid."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class ItemKey:
    """Whose item, under which code. The id says both, so that it leads to the item without a search."""

    tenant: str
    code: str

    @property
    def id(self) -> str:
        return f"prc_{'' if self.tenant == SHARED else self.tenant}~{self.code}"


def key_of(id_: str) -> ItemKey | None:
    """What an id leads to; None for a text that is no item's id."""
    found = _ID.fullmatch(id_)
    return ItemKey(found[1] or SHARED, found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a change, and what ties its event to the request."""

    by: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes different; None stays as it is. Code, currency, interval and product never change: those who bought
    the item would have bought something else.
    """

    name: str | None = None
    amount: int | None = None
    active: bool | None = None
    risk: Risk | None = None
    trial_days: int | None = None
    references: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PricingItem:
    """A thing with a price. `tenant` is `*` for what every tenant sells; `risk` is how card networks see it; `product`
    is what it gives access to, its own code unless that is said. What has an `interval` is a plan, paid for again each
    time, with so many `trial_days` before the first. `references` are ids of this price, by provider. `version` counts
    the changes, each of which is an event; 0 is of an item that was stored before they were.
    """

    tenant: str
    code: str
    name: str
    unit: Money
    active: bool = True
    risk: Risk = Risk.LOW
    product: str = ""
    interval: Interval | None = None
    trial_days: int = 0
    references: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "product", self.product or self.code)

    @property
    def key(self) -> ItemKey:
        return ItemKey(self.tenant, self.code)

    @property
    def id(self) -> str:
        return self.key.id

    def says(self, wanted: PricingItem) -> bool:
        """Whether it is, whenever it was stored, what is wanted."""
        return replace(self, version=0, created_at=None, updated_at=None) == wanted

    def created(self, asked: Asked, now: datetime) -> ItemChange:
        """The first version."""
        return self._next(self, CREATED, asked, now)

    def changed(self, wanted: Changes, asked: Asked, now: datetime) -> ItemChange | None:
        """The next version; None where that is no other. On sale again, it is not withdrawn any more."""
        active = self.active if wanted.active is None else wanted.active
        after = replace(
            self,
            name=self.name if wanted.name is None else wanted.name,
            unit=self.unit if wanted.amount is None else Money(wanted.amount, self.unit.currency),
            active=active,
            risk=self.risk if wanted.risk is None else wanted.risk,
            trial_days=self.trial_days if wanted.trial_days is None else wanted.trial_days,
            references=self.references if wanted.references is None else wanted.references,
            withdrawn_at=None if active else self.withdrawn_at,
        )
        return None if after == self else self._next(after, CHANGED, asked, now)

    def withdrawn(self, asked: Asked, now: datetime) -> ItemChange | None:
        """No longer sold, nor listed among what could be; None where it is so already."""
        if self.withdrawn_at is not None:
            return None
        return self._next(replace(self, active=False, withdrawn_at=now), WITHDRAWN, asked, now)

    def _next(self, after: PricingItem, type_: str, asked: Asked, now: datetime) -> ItemChange:
        """The first event of an item tells of all of it as something new, even if it was stored before."""
        item = replace(after, version=self.version + 1, created_at=self.created_at or now, updated_at=now)
        return ItemChange(item, _event(item, type_ if self.version else CREATED, asked, now))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The next version of an item, and the event that tells of it."""

    item: PricingItem
    event: Event


def _event(item: PricingItem, type_: str, asked: Asked, now: datetime) -> Event:
    return Event(
        type=type_,
        tenant=item.tenant,
        aggregate_type=AGGREGATE,
        aggregate_id=item.id,
        sequence=item.version,
        occurred_at=now,
        data={
            "code": item.code,
            "product": item.product,
            "name": item.name,
            "amount": item.unit.amount,
            "currency": item.unit.currency,
            "interval": item.interval.value if item.interval else None,
            "trial_days": item.trial_days,
            "risk": item.risk.value,
            "active": item.active,
            "withdrawn_at": to_iso(item.withdrawn_at) if item.withdrawn_at else None,
            "references": dict(item.references),
            "by": asked.by,
        },
        trace=asked.trace,
    )

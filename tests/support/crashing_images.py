"""Stored items as the mappings read them. Many invariants look at each, and no version changes: it is read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tollgate.adapters.dynamodb import gift_card_mapping, payment_mapping, subscription_mapping

type Image = Mapping[str, Mapping[str, Any]]

# More than a point and its neighbours have.
_KEPT = 1024


@dataclass(frozen=True, slots=True, eq=False)
class _Version:
    """The one that a stream has brought. Another with the same content is another."""

    image: Image

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Version) and self.image is other.image

    def __hash__(self) -> int:
        return id(self.image)


def _reader[T](from_item: Callable[[dict[str, dict[str, Any]]], T]) -> Callable[[Image], T]:
    @lru_cache(_KEPT)
    def read(version: _Version) -> T:
        return from_item({name: dict(value) for name, value in version.image.items()})

    return lambda image: read(_Version(image))


as_gift_card = _reader(gift_card_mapping.from_item)
as_payment = _reader(payment_mapping.from_item)
as_subscription = _reader(subscription_mapping.from_item)

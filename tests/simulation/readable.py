"""Everything that can be read in values, as bytes: for whoever looks for what must stand nowhere."""

from __future__ import annotations

import io
import pickle
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any


class _Pickler(pickle.Pickler):
    """Asks values with slots for their fields itself: the way in which they tell them takes four times as long."""

    def reducer_override(self, value: Any) -> Any:
        names = _fields_of(value.__class__)
        return NotImplemented if names is None else (tuple, ((names(value), value.__class__.__name__),))


@cache
def _fields_of(type_: Any) -> attrgetter[Any] | None:
    """What gives them, one or several. None where there may be more than fields."""
    closed = is_dataclass(type_) and getattr(type_, "__dictoffset__", 1) == 0
    names = [each.name for each in fields(type_)] if closed else []
    return attrgetter(*names) if names else None


def readable(values: Any) -> bytes:
    """Texts in it are found in UTF-8."""
    written = io.BytesIO()
    _Pickler(written).dump(values)
    return written.getvalue()

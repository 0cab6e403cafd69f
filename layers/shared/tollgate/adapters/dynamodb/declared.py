"""Items whose attributes pynamodb declares, and which are written without its machinery: a descriptor and several
checks per attribute take as long as everything else that a write takes on our side.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

type Encoder = Callable[[Any], Any]


class Declared(Model):
    """Holds values by the names of its attributes; None is as good as absent."""

    def __init__(self, **values: Any) -> None:
        self.attribute_values = values

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        """As pynamodb does it. `ValueError` for an attribute that is not declared, or must not be absent."""
        declared, required = _declaration(type(self))
        found = {}
        for name, value in self.attribute_values.items():
            if name not in declared:
                raise ValueError(f"{type(self).__name__} has no attribute {name}")
            if value is not None:
                kind, encode = declared[name]
                found[name] = {kind: encode(value) if encode else value}
        if null_check and not required <= found.keys():
            raise ValueError(f"{type(self).__name__} lacks {', '.join(sorted(required - found.keys()))}")
        return found


@cache
def _declaration(item: type[Declared]) -> tuple[dict[str, tuple[str, Encoder | None]], frozenset[str]]:
    """For each attribute its kind, and what makes a value ready, if anything must; and which there must be."""
    attributes = item.get_attributes()
    declared = {name: (attribute.attr_type, _encoder(attribute)) for name, attribute in attributes.items()}
    return declared, frozenset(name for name, attribute in attributes.items() if not attribute.null)


def _encoder(attribute: Any) -> Encoder | None:
    if isinstance(attribute, NumberAttribute):
        return int.__repr__  # all our numbers are integers
    encode: Encoder = attribute.serialize
    return None if isinstance(attribute, UnicodeAttribute) else encode

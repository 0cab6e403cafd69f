"""Items are written as pynamodb would write them, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.attributes import Attribute, BinaryAttribute, BooleanAttribute, NumberAttribute
from pynamodb.models import Model

from tollgate.adapters.dynamodb import gift_card_items, items
from tollgate.adapters.dynamodb.declared import Declared

KINDS: list[type[items.Item]] = [
    kind
    for module in (items, gift_card_items)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, items.Item) and kind.__module__ == module.__name__
]


def a_value(attribute: Attribute[Any]) -> Any:
    if isinstance(attribute, NumberAttribute):
        return 10**13 + 7
    if isinstance(attribute, BooleanAttribute):
        return True
    return b"\x00\xff" if isinstance(attribute, BinaryAttribute) else "zoë"


def values_of(kind: type[Declared], *, optional: bool) -> dict[str, Any]:
    attributes = kind.get_attributes().items()
    return {name: a_value(each) if optional or not each.null else None for name, each in attributes}


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_item_is_as_pynamodb_has_it(kind: type[Declared], *, optional: bool) -> None:
    item = kind(**values_of(kind, optional=optional))
    assert item.serialize() == Model.serialize(item)


@pytest.mark.parametrize("number", [0, -1, 10**14 - 1, 1_793_000_000_123])
def test_a_number_is_exact(number: int) -> None:
    item = items.Item(pk="a", sk="b", kind="c", ttl=number)
    assert item.serialize()["ttl"] == {"N": str(number)} == Model.serialize(item)["ttl"]


def test_no_float_is_stored() -> None:
    with pytest.raises(TypeError):
        items.Item(pk="a", sk="b", kind="c", ttl=1.5).serialize()


def test_what_must_be_there_is_asked_for_by_name() -> None:
    with pytest.raises(ValueError, match="Item lacks kind, sk"):
        items.Item(pk="a").serialize()


def test_what_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="Item has no attribute colour"):
        items.Item(pk="a", sk="b", kind="c", colour="red").serialize()


def test_its_attributes_are_read_by_name() -> None:
    assert items.Item(pk="a", sk="b", kind="c").sk == "b"

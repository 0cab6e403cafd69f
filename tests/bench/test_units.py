"""DynamoDB's arithmetic, against the examples of its developer guide and items counted by hand."""

from __future__ import annotations

import base64

import pytest

from bench.units import item_bytes, read_units, write_units


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "é"}}, 4),
        ({"n": {"N": "27"}}, 3),
        ({"n": {"N": "-27"}}, 4),
        ({"n": {"N": "1000"}}, 3),
        ({"b": {"B": base64.b64encode(b"12345").decode()}}, 6),
        ({"b": {"B": b"12345"}}, 6),
        ({"b": {"BOOL": True}}, 2),
        ({"a": {"S": "x" * 10}, "bc": {"S": ""}}, 13),
    ],
)
def test_an_item_is_its_names_and_its_values(item: dict[str, dict[str, object]], size: int) -> None:
    assert item_bytes(item) == size


@pytest.mark.parametrize(("size", "plain", "transactional"), [(0, 1, 2), (1024, 1, 2), (1025, 2, 4), (3000, 3, 6)])
def test_a_write_is_charged_by_the_kilobyte_begun_and_twice_in_a_transaction(
    size: int, plain: int, transactional: int
) -> None:
    assert write_units(size, transactional=False) == plain
    assert write_units(size, transactional=True) == transactional


@pytest.mark.parametrize(("size", "strong", "eventual"), [(0, 1, 0.5), (4096, 1, 0.5), (4097, 2, 1)])
def test_a_read_is_charged_by_four_kilobytes_begun(size: int, strong: float, eventual: float) -> None:
    assert read_units(size, consistent=True) == strong
    assert read_units(size, consistent=False) == eventual

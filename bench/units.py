"""DynamoDB's arithmetic: bytes of an item, and the units that a request is charged for.

Source: the developer guide's pages on item sizes and on read and write request units.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

type Item = Mapping[str, Mapping[str, Any]]

KILOBYTE = 1024


def item_bytes(item: Item) -> int:
    """Names and values. Binary values are base64 text, as they are in a request, or bytes, as boto3 reads them."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            text = str(content)
            digits = text.lstrip("-").replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1 + text.startswith("-")
        case "B":
            return len(content) if isinstance(content, bytes) else len(base64.b64decode(str(content)))
        case "BOOL" | "NULL":
            return 1
    raise ValueError(f"no item of ours holds {kind}")


def write_units(size: int, *, transactional: bool) -> int:
    """One per kilobyte begun, twice that in a transaction."""
    return max(1, math.ceil(size / KILOBYTE)) * (2 if transactional else 1)


def read_units(size: int, *, consistent: bool) -> float:
    """One per four kilobytes begun, half that for an eventually consistent read. Finding nothing costs as much."""
    return max(1, math.ceil(size / (4 * KILOBYTE))) * (1.0 if consistent else 0.5)

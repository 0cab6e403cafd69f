"""Records of a table's stream, as functions get them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any


def as_lambda(record: dict[str, Any]) -> dict[str, Any]:
    """boto3's record as JSON carries it: binary as base64 text."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if not isinstance(each, datetime)}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value

    return dict(plain(record))

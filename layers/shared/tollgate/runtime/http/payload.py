"""The body of a request, as the bytes that were sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any


def raw_body(request: Mapping[str, Any]) -> bytes | None:
    """From API Gateway's and function URLs' payload 2.0; None when its base64 is broken."""
    body = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None

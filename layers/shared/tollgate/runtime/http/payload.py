"""The body of a request, as the bytes that were sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


def raw_body(request: Mapping[str, Any]) -> bytes | None:
    """From API Gateway's and function URLs' payload 2.0; None when it is broken."""
    body = request.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if request.get("isBase64Encoded") else str(body).encode()
    except ValueError:
        return None

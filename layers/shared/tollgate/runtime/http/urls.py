"""Where buyers may be sent back to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from tollgate.kernel.errors import FieldError, ValidationFailed

# White space of any kind, control characters, and what some browsers take for a slash.
_FORBIDDEN = re.compile(r"[\s\x00-\x1f\\]")


def require_allowed(urls: Mapping[str, str], origins: Collection[str]) -> None:
    """Each address, by its field, must have one of the origins (`https://shop.example`, port included where it is not
    the usual).

    Only the origin is compared: the rest, with a literal `{CHECKOUT_SESSION_ID}`, goes to the provider as it came.
    """
    errors = [
        FieldError(field, "this address is not on your list of allowed origins")
        for field, url in urls.items()
        if origin_of(url) not in origins
    ]
    if errors:
        raise ValidationFailed(errors)


def origin_of(url: str) -> str | None:
    """Scheme, host and port of a web address without credentials; None for anything else."""
    if _FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or parts.username is not None
        or parts.password is not None
    ):
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")

"""Which function answers at an address."""

from __future__ import annotations

from functools import cache

from tests.architecture.handled import handled, nameless
from tests.support.promises import route_of


def function_at(method: str, path: str) -> str | None:
    """By folder name; None for an address that nobody knows."""
    if path.startswith("/webhooks/"):
        return "provider_webhook"
    route = route_of(method, path)
    return _functions()[f"{method} {nameless(route[1])}"] if route else None


@cache
def _functions() -> dict[str, str]:
    return {each.route: each.function for each in handled()}

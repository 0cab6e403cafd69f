"""What is ordered behind PayPal's back, checked."""

from __future__ import annotations

from local.simulators.paypal.books import Body


class BadControl(Exception):
    """What was ordered cannot be."""


def word(fields: Body, name: str, known: tuple[str, ...], default: str | None = None) -> str:
    found = fields.get(name, default)
    if found not in known:
        raise BadControl(f"{name} must be one of {', '.join(known)}")
    return str(found)

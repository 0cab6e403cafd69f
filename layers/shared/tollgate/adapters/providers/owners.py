"""Asking providers whose payment something belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tollgate.inbox.ports import Owners
from tollgate.payments.ports import PaymentKey


class ProviderOwners(Owners):
    """By the provider's name; one that is not here echoes always."""

    def __init__(self, ask: Mapping[str, Callable[[str], PaymentKey | None]]) -> None:
        self._ask = ask

    def owner_of(self, provider: str, reference: str) -> PaymentKey | None:
        ask = self._ask.get(provider)
        return ask(reference) if ask else None

"""The only way to a secret. Nothing else reads one, and no secret is ever logged, stored or put into an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

# Shorter ones are mistakes: a single character where a list was forgotten, a placeholder.
MIN_LENGTH = 8


class Secrets(ABC):
    """Named JSON objects, kept where secrets are kept."""

    @abstractmethod
    def get(self, name: str) -> Mapping[str, Any]:
        """The secret of that name (`stripe/webhook`); empty when it was never filled, which means that its use is
        disabled.
        """


def valid_secrets(value: object) -> tuple[str, ...]:
    """The secrets of a list, several while one is rotated; a place left empty is passed over. What is no
    list holds none: a
    bare text would otherwise be taken for a list of its characters.
    """
    return tuple(filter(_plausible, value)) if isinstance(value, list) else ()


def _plausible(secret: object) -> bool:
    return isinstance(secret, str) and len(secret.strip()) >= MIN_LENGTH

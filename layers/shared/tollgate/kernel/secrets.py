"""The only way to a secret. Nothing else reads one, and no secret is ever logged, stored or put into an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any


class Secrets(ABC):
    """Named JSON objects, kept where secrets are kept."""

    @abstractmethod
    def get(self, name: str) -> Mapping[str, Any]:
        """The secret of that name (`stripe/webhook`); empty when it was never filled, which means that its use is
        disabled.
        """

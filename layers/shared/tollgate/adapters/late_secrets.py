"""Secrets for a function that hardly ever reads one: what reads them is loaded when the first is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollgate.kernel.secrets import Secrets


class LateSecrets(Secrets):
    """As `SecretsManagerSecrets`, and off the cold start."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._secrets: Secrets | None = None

    def get(self, name: str) -> Mapping[str, Any]:
        if self._secrets is None:
            from tollgate.adapters.secrets import SecretsManagerSecrets

            self._secrets = SecretsManagerSecrets(self._prefix)
        return self._secrets.get(name)

"""Secrets from AWS Secrets Manager through Powertools Parameters, kept for five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.config import Config

from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.secrets import Secrets

# A rotated secret is known everywhere after this; both the old and the new one must be valid for longer.
MAX_AGE_SECONDS = 300


class SecretsManagerSecrets(Secrets):
    """`<prefix>/<name>`, e.g. `tollgate/production/stripe/webhook`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._provider: SecretsProvider | None = None
        # Made with the first question, which several threads may ask at once: boto3's own session is not for that.
        self._lock = Lock()

    def get(self, name: str) -> Mapping[str, Any]:
        with self._lock:
            provider = self._opened()
        try:
            value = provider.get(f"{self._prefix}/{name}", max_age=MAX_AGE_SECONDS, transform="json")
        except (GetParameterError, TransformParameterError) as error:
            raise StoreUnavailable("a secret cannot be read") from error
        return value if isinstance(value, dict) else {}

    def _opened(self) -> SecretsProvider:
        if self._provider is None:
            config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
            self._provider = SecretsProvider(boto_config=config)
        return self._provider

"""Clients of the local engine: with dummy keys and an explicit address they can never reach a real account."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

from local.settings import REGION, LocalSettings

DUMMY_KEY = "test"


class Aws:
    """boto3 clients for the engine, made once each."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._made: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        make: Any = boto3.session.Session().client
        return make(
            service,
            region_name=REGION,
            endpoint_url=self._settings.engine_url,
            aws_access_key_id=DUMMY_KEY,
            aws_secret_access_key=DUMMY_KEY,
            config=Config(proxies={}, connect_timeout=2, read_timeout=60, retries={"max_attempts": 2}),
        )


def isolate_from_real_accounts() -> None:
    """Forget the developer's own AWS settings in this process: boto3 would read profiles and endpoints from them."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

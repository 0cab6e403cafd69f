"""Starting another function, without waiting for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.kernel.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class FunctionStart:
    """Asynchronous invocations of one function."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client: LambdaClient | None = None

    def start(self, payload: Mapping[str, Any]) -> None:
        """Queue one invocation; `StoreUnavailable` when it is not surely queued."""
        if self._client is None:
            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
            self._client = boto3.client("lambda", config=config)
        try:
            self._client.invoke(FunctionName=self._name, InvocationType="Event", Payload=json.dumps(payload).encode())
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("the function cannot be started now") from error

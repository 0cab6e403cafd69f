"""Executions of state machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tollgate.escrow.ports import Waker
from tollgate.kernel.errors import StoreUnavailable

_RUNNING_OR_OVER = "ExecutionAlreadyExists"
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class _Client(Protocol):
    def start_execution(self, **request: Any) -> Mapping[str, Any]: ...

    def send_task_success(self, **request: Any) -> Mapping[str, Any]: ...


class Workflows(Waker):
    """Starts each by a name, which is given once in ninety days, and wakes those that wait."""

    def __init__(self) -> None:
        self._client: _Client | None = None

    def start(self, machine: str, name: str, given: Mapping[str, Any]) -> bool:
        """False where one of that name was started before. `StoreUnavailable` where it is not surely started."""
        try:
            self._connected().start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        except ClientError as error:
            if error.response["Error"]["Code"] == _RUNNING_OR_OVER:
                return False
            raise StoreUnavailable("the state machine cannot be started now") from error
        except BotoCoreError as error:
            raise StoreUnavailable("the state machine cannot be started now") from error
        return True

    def wake(self, token: str) -> bool:
        try:
            self._connected().send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOBODY_WAITS:
                return False
            raise StoreUnavailable("the state machine cannot be woken now") from error
        except BotoCoreError as error:
            raise StoreUnavailable("the state machine cannot be woken now") from error
        return True

    def _connected(self) -> _Client:
        """Made with the first call."""
        if self._client is None:
            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
            self._client = boto3.client("stepfunctions", config=config)
        return self._client

"""Sends our events to those who asked for them, from the queues of what was published and of what waits."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.deliverer import compose
from tollgate.runtime.settings import Settings

queue = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return queue.deliver(event, context)

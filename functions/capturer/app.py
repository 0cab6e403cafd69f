"""Captures what buyers have agreed to, from the approvals that the bus lays into a queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.capturer import compose
from tollgate.runtime.settings import Settings

queue = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return queue.take(event, context)

"""Counts what becomes of payments, from the events that the bus lays into a queue; each event once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.stats_counter import compose
from tollgate.runtime.settings import Settings

queue = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return queue.count(event["Records"], context.aws_request_id)

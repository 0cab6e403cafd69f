"""Writes to buyers, subscribers and those who are given gift cards, from the events that the bus lays into a queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.mailer import compose
from tollgate.runtime.settings import Settings

queue = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return queue.deliver(event, context)

"""Publishes new events from the core table's stream to the bus, in order, at least once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.event_relay import compose
from tollgate.runtime.settings import Settings

relay = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return relay.publish(event["Records"], context.aws_request_id)

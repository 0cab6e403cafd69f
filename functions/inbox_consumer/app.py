"""Applies provider events from the inbox table's stream; one that fails is tried again from there on, the
rest stand.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.inbox_consumer import compose
from tollgate.runtime.inbox_stream import InboxStream
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

stream = InboxStream(compose(Settings.from_environment()), make_logger(), make_metrics())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return stream.consume(event, context)

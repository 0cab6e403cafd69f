"""Adds what a resale has brought to its venue's royalties, once it is released."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.royalty_counter import compose
from tollgate.runtime.settings import Settings

queue = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return queue.take(event, context)

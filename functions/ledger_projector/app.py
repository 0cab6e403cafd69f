"""Brings new journal entries from the core table's stream into the balances of the ledger, each once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.ledger_projector import compose
from tollgate.runtime.settings import Settings

ledger = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return ledger.project(event["Records"], context.aws_request_id)

"""Takes providers' webhooks at a function URL: proves where they come from, stores them once, and only then says thank
you.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.provider_webhook import compose
from tollgate.runtime.settings import Settings

webhooks = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return webhooks.receive(event, context.aws_request_id)

"""Renews the subscriptions that Tollgate itself charges, whose period is over."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.renewer import compose
from tollgate.runtime.settings import Settings

renewer = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return renewer.run(event, context)

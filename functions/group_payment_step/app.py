"""One step of the state machine `group_payment_expiry`: what is due of one group, and until when to wait."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.group_payment_step import compose
from tollgate.runtime.settings import Settings

stepper = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | None]:
    return stepper.step(event, context)

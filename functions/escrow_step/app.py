"""One step of the state machine `escrow_release`: what is due of one escrow, or the waiting for what happens to it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.escrow_step import compose
from tollgate.runtime.settings import Settings

stepper = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | int | None]:
    return stepper.step(event, context)

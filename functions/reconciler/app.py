"""Finds what fell through (unfinished requests, events that were not applied or not delivered, payments that the
provider knows more about), mends what is safe to mend, and notes the rest.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.runtime.composition.reconciler import compose
from tollgate.runtime.settings import Settings

reconciler = compose(Settings.from_environment())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return reconciler.run(event, context)

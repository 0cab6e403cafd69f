"""Time that the reconciler has been over."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from tests.support.deployment import Deployment
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.reconciliation.delivery import SWEEP
from tollgate.reconciliation.provider_sessions import PASSES
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings

# Those that every deployment of a test sells through.
_PROVIDERS = ("stripe", "mock")


def swept(deployed: Deployment, until: datetime, *more: str) -> None:
    """As if its runs had been made until then, and nothing had been found; of `more` providers, too. The first run of
    all looks back over a day, and each over all that passed since the last: many partitions for every hour.
    """
    runs = _runs_in(*deployed.environment.items())
    sessions = [f"sessions:{each}:{pass_}" for each in (*_PROVIDERS, *more) for pass_ in PASSES]
    for name in (SWEEP, *sessions):
        runs.advance(name, until)


@cache
def _runs_in(*environment: tuple[str, str]) -> DynamoRuns:
    """One for all points of a world: what it is opened with costs more than what is written."""
    storage = open_storage(Settings.from_environment(dict(environment)))
    return DynamoRuns(storage.core, storage.unit_of_work)

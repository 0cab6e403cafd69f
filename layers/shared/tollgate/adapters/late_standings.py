"""How subscriptions stand, for a function that is mostly told of payments: what reads them is loaded with the first."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tollgate.adapters.dynamodb.store import Table
from tollgate.mails.ports import Standings

if TYPE_CHECKING:
    from tollgate.mails.standing import Standing


class LateStandings(Standings):
    """As `SubscriptionStandings`, and off the cold start."""

    def __init__(self, core: Table, charged_again: Collection[str], charging_alone: Collection[str]) -> None:
        self._core = core
        self._providers = charged_again, charging_alone
        self._standings: Standings | None = None

    def of(self, tenant: str, subscription_id: str) -> Standing | None:
        if self._standings is None:
            from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
            from tollgate.adapters.standings import SubscriptionStandings

            self._standings = SubscriptionStandings(DynamoSubscriptions(self._core), *self._providers)
        return self._standings.of(tenant, subscription_id)

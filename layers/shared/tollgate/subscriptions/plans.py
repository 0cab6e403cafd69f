"""Which plans somebody has now."""

from __future__ import annotations

from tollgate.kernel.access import Viewer
from tollgate.subscriptions.model import LIVE, Subscription
from tollgate.subscriptions.ports import SubscriptionRepository

# A user, or a tenant that buys for itself, has a handful; of a tenant with very many this shows the newest.
MOST = 100


class PlanStatus:
    """What products ask before they let somebody in."""

    def __init__(self, subscriptions: SubscriptionRepository) -> None:
        self._subscriptions = subscriptions

    def of(self, viewer: Viewer) -> tuple[Subscription, ...]:
        """Those that give access now or did until lately, newest first."""
        found = self._subscriptions.list(viewer, limit=MOST, cursor=None).subscriptions
        return tuple(each for each in found if each.state in LIVE)

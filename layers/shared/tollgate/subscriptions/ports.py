"""What subscriptions need from a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollgate.kernel.access import Viewer
from tollgate.kernel.unit_of_work import Write
from tollgate.subscriptions.model import Change, Subscription


@dataclass(frozen=True, slots=True)
class SubscriptionKey:
    """Where a subscription lives."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """Newest first. `cursor` asks for what follows."""

    subscriptions: tuple[Subscription, ...]
    cursor: str | None


class SubscriptionRepository(ABC):
    """Subscriptions with their events. Reads are strongly consistent, apart from lists. Of one product a user has one
    open subscription: whoever stores a new one takes its seat, and it is free again with the end.
    """

    @abstractmethod
    def get(self, key: SubscriptionKey) -> Subscription | None:
        """The subscription as it stands."""

    @abstractmethod
    def find(self, provider: str, reference: str) -> SubscriptionKey | None:
        """Whose a subscription at a provider is; None for what is not ours."""

    @abstractmethod
    def create(self, change: Change) -> Sequence[Write]:
        """Store a new one with its events; `SubscriptionExists` if its id is taken, `AlreadySubscribed` if its seat
        is.
        """

    @abstractmethod
    def update(self, change: Change) -> Sequence[Write]:
        """Store a changed one with its events; `SubscriptionChanged` unless it is as it was read."""

    @abstractmethod
    def flag(self, subscription: Subscription) -> Write:
        """Note that provider events wait for its next change; `SubscriptionChanged` unless it is as it was read."""

    @abstractmethod
    def point(self, subscription: Subscription, reference: str) -> Write:
        """Let the provider's reference lead to it; `ReferenceTaken` where it leads to another."""

    @abstractmethod
    def look_again(self, subscription: Subscription, at: datetime) -> Write:
        """Put off when somebody should look at it; `SubscriptionChanged` if it moved on."""

    @abstractmethod
    def history(self, key: SubscriptionKey, *, limit: int) -> tuple[dict[str, Any], ...]:
        """The envelopes of its last events, newest first."""

    @abstractmethod
    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> SubscriptionsPage:
        """A user's subscriptions, or a tenant's; raises `InvalidCursor`."""

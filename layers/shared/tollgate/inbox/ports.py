"""What the inbox needs from a store and from the providers' adapters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from tollgate.inbox.model import Notice, Outcome, ProviderEvent
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.ports import PaymentKey
from tollgate.payouts.notices import PayoutNotice
from tollgate.subscriptions.notices import SubscriptionNotice


class AlreadySettled(TollgateError):
    """The event was applied, or put aside, before."""

    code = "EVENT_SETTLED"


class InboxRepository(ABC):
    """Provider events, keyed by provider and event id."""

    @abstractmethod
    def accept(self, event: ProviderEvent) -> bool:
        """Store it; False when it was there already."""

    @abstractmethod
    def get(self, provider: str, event_id: str) -> ProviderEvent | None:
        """The stored event with its payload."""

    @abstractmethod
    def outcome(self, provider: str, event_id: str) -> Outcome | None:
        """What has become of a stored event; None while it waits to be applied for the first time."""

    @abstractmethod
    def park(self, event: ProviderEvent, key: PaymentKey, at: datetime) -> tuple[Write, ...]:
        """Mark it parked, and lay it where the payment's next change finds it; `AlreadySettled` unless it
        was waiting.
        """

    @abstractmethod
    def settle(self, event: ProviderEvent, outcome: Outcome, at: datetime) -> Write:
        """Mark what became of it; `AlreadySettled` unless it was waiting."""

    @abstractmethod
    def put_away(self, event: ProviderEvent, at: datetime) -> Write:
        """Not to be tried again by itself, since it was archived; `AlreadySettled` if it was applied meanwhile."""


class EventReader(ABC):
    """One provider's words into ours."""

    @abstractmethod
    def read(self, event: ProviderEvent) -> Notice | PayoutNotice | SubscriptionNotice | None:
        """What the event says about a payment, a payout or a subscription, or None when it says nothing to us. Raises
        `UnreadableEvent` when it is malformed.
        """


class Owners(ABC):
    """Whose payment something at a provider belongs to, where its events do not say."""

    @abstractmethod
    def owner_of(self, provider: str, reference: str) -> PaymentKey | None:
        """The payment behind a charge; None for what is not ours. Raises `ProviderUnavailable`-like retryable errors
        when the provider does not tell.
        """


class UnreadableEvent(TollgateError):
    """A verified event without the fields its type must have: kept, and looked at by a person."""

    code = "EVENT_UNREADABLE"

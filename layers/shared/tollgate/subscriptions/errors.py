"""What can go wrong with a subscription on our side."""

from __future__ import annotations

from tollgate.kernel.errors import TollgateError
from tollgate.payments.declines import MESSAGES, Decline
from tollgate.payments.ports import TiedRecordChanged
from tollgate.subscriptions.model import Subscription


class AlreadySubscribed(TollgateError):
    """The user has an open subscription of this product; carries its id."""

    code = "SUBSCRIPTION_OPEN"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"there is an open subscription of this product: {subscription_id}")
        self.subscription_id = subscription_id


class SubscriptionExists(TollgateError):
    """The derived id is taken: this subscription was ordered before."""

    code = "SUBSCRIPTION_EXISTS"

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(f"{subscription.id} exists already")
        self.subscription = subscription


class SubscriptionChanged(TiedRecordChanged):
    """The subscription moved on since it was read; carries it as it stands."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(f"{subscription.id} is at version {subscription.version} now")
        self.subscription = subscription


class NotPossible(TollgateError):
    """A request that the subscription's state does not allow."""

    code = "INVALID_STATE"

    def __init__(self, subscription: Subscription, what: str) -> None:
        super().__init__(f"a subscription that is {subscription.status} {what}")
        self.subscription = subscription


class BeingCharged(NotPossible):
    """What comes of a charge decides whether it is possible: ask again in a while."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(subscription, "is being charged right now: ask again in a few minutes")


class ProviderRefused(TollgateError):
    """The provider would not do it; `reason` is its code."""

    code = "PROVIDER_REFUSED"

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider} refused this: {reason}")
        self.reason = reason


class CardDeclined(TollgateError):
    """What it costs could not be charged, and so nothing has changed."""

    code = "PAYMENT_DECLINED"

    def __init__(self, decline: Decline) -> None:
        super().__init__(MESSAGES[decline.class_])
        self.decline = decline

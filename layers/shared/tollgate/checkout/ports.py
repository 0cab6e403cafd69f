"""What checkout needs from payment providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from tollgate.kernel.errors import RetryableError
from tollgate.payments.model import Payment, Report, Session
from tollgate.routing.router import Offer


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What the provider's page needs beyond the payment. `success_url` keeps `{CHECKOUT_SESSION_ID}` literally."""

    success_url: str
    cancel_url: str
    customer_email: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The provider has a page for the buyer."""

    session: Session


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused for good: our parameters or our account are at fault. `code` is the provider's, safe to
    log.
    """

    code: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The provider surely did not take the request: no connection was made, or it said so.
    `credentials_refused` is for an
    operator to mend; it will not pass.
    """

    reason: str
    credentials_refused: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been taken: a timeout, a broken connection, a 5xx.

    With `key_spent`, the provider would only repeat its failure under the same key. A page that no buyer has seen
    cannot be
    paid, so it alone may then be asked for under a new key.
    """

    reason: str
    key_spent: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """The hosted session can no longer be paid; `report` says how it ended: expired, or paid after all."""

    report: Report


type OpenOutcome = Opened | Rejected | Unreachable | Unknown
type CloseOutcome = Closed | Unreachable | Unknown


class CheckoutProvider(ABC):
    """One payment provider with a hosted page. Stateless: what it is told twice under one key, it does once."""

    @property
    @abstractmethod
    def offer(self) -> Offer:
        """What it can do."""

    @property
    @abstractmethod
    def replay_window(self) -> timedelta:
        """How long the provider remembers an idempotency key: within it the same parameters may be sent again."""

    @abstractmethod
    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        """The full parameters as JSON, to be stored before they are sent. Raises `ValidationFailed` for what it would
        refuse.
        """

    @abstractmethod
    def open(self, parameters: str, key: str) -> OpenOutcome:
        """Create the hosted session, or find the one made under this key."""

    @abstractmethod
    def close(self, session: Session) -> CloseOutcome:
        """Make sure that the session cannot be paid any more, or learn that it was. Done twice it is done once by its
        nature, so it needs no idempotency key, under which a provider would also repeat a failure.
        """


class ProviderUnavailable(RetryableError):
    """The provider did not answer usefully. Nothing was charged; the same request with the same key may be
    sent again.
    """

    code = "PROVIDER_UNAVAILABLE"
    retry_after_seconds = 5

    def __init__(self, provider: str, reason: str, *, credentials_refused: bool = False) -> None:
        super().__init__(f"{provider} is not available right now; try again with the same Idempotency-Key")
        self.provider = provider
        self.reason = reason
        self.credentials_refused = credentials_refused


def unavailable(provider: str, outcome: Unreachable | Unknown) -> ProviderUnavailable:
    """The error that an outcome without an answer becomes."""
    refused = isinstance(outcome, Unreachable) and outcome.credentials_refused
    return ProviderUnavailable(provider, outcome.reason, credentials_refused=refused)

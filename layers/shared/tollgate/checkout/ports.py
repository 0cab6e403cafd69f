"""What checkout needs from payment providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tollgate.kernel.errors import RetryableError
from tollgate.payments.model import Capture, Payment, Report, Session

if TYPE_CHECKING:
    from tollgate.catalog.model import Interval
    from tollgate.kernel.money import Money
    from tollgate.routing.router import Offer


@dataclass(frozen=True, slots=True)
class Recurring:
    """What a page sells again and again: `unit` for each interval, from the end of the trial on. `references` are the
    prices that providers know it by, where they do.
    """

    name: str
    unit: Money
    interval: Interval
    trial_days: int = 0
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What the provider's page needs beyond the payment. `success_url` keeps `{CHECKOUT_SESSION_ID}` literally."""

    success_url: str
    cancel_url: str
    customer_email: str | None = None
    recurring: Recurring | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The provider has a page for the buyer."""

    session: Session


@dataclass(frozen=True, slots=True)
class Covered:
    """Nothing is left for a provider to take."""

    capture: Capture


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


# The secrets did not answer, and so nothing was asked; they will.
UNREAD = Unreachable("credentials cannot be read")


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been taken: a timeout, a broken connection, a 5xx. With `told` that is no silence: the
    provider answered as it should, and does not know yet, or nobody had to ask it.

    With `key_spent`, the provider would only repeat its failure under the same key. A page that no buyer has seen
    cannot be
    paid, so it alone may then be asked for under a new key.
    """

    reason: str
    key_spent: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """The hosted session can no longer be paid; `report` says how it ended: expired, or paid after all."""

    report: Report


@dataclass(frozen=True, slots=True)
class StillOpen:
    """The buyer can still pay."""


@dataclass(frozen=True, slots=True)
class Approved:
    """The buyer has agreed, and nothing is taken unless we do: `capture` takes it."""


@dataclass(frozen=True, slots=True)
class Declined:
    """What the buyer had agreed to could not be taken; they may agree anew on the same page. `reason` is a code."""

    reason: str


@dataclass(frozen=True, slots=True)
class NothingToCapture:
    """This provider takes the money itself, once the buyer agrees."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider has no session for this payment, and none is on its way."""


type OpenOutcome = Opened | Covered | Rejected | Unreachable | Unknown
type CloseOutcome = Closed | Approved | Rejected | Unreachable | Unknown
type LookOutcome = Closed | Approved | StillOpen | Rejected | Unreachable | Unknown
type CaptureOutcome = Closed | Declined | NothingToCapture | Rejected | Unreachable | Unknown
type FindOutcome = Opened | Absent | Unreachable | Unknown


@dataclass(frozen=True, slots=True)
class Replay:
    """The same parameters under the same key are done once, for as long as the provider remembers the key."""

    window: timedelta


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was made is found by our payment's id, and only what is surely absent is made again."""


@dataclass(frozen=True, slots=True)
class Anew:
    """What was perhaps made is worth nothing without our answer, which nobody has had: it is made again, and the other
    binds nobody.
    """


@dataclass(frozen=True, slots=True)
class NoRecovery:
    """The provider can tell nothing: the outcome stays unknown until its event comes, or until no page lives any
    more.
    """

    page_life: timedelta


type Recovery = Replay | Lookup | Anew | NoRecovery


@dataclass(frozen=True, slots=True)
class SeenSession:
    """A session as the provider lists it. `report` is None while it can be paid, and for what is not ours; tenant and
    payment are our echo.
    """

    session: Session
    created_at: datetime
    tenant: str | None
    payment_id: str | None
    report: Report | None


class CheckoutProvider(ABC):
    """One payment provider with a hosted page. Stateless: what it is told twice under one key, it does once."""

    @property
    @abstractmethod
    def offer(self) -> Offer:
        """What it can do."""

    @property
    @abstractmethod
    def recovery(self) -> Recovery:
        """How a call is taken up again whose answer nobody has."""

    @abstractmethod
    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        """The full parameters as JSON, to be stored before they are sent. Raises `ValidationFailed` for what it would
        refuse.
        """

    @abstractmethod
    def open(self, parameters: str, key: str) -> OpenOutcome:
        """Create the hosted session, or find the one made under this key."""

    def find(self, payment: Payment) -> FindOutcome:
        """The session made for a payment. Asked only of those that declare `Lookup`."""
        raise NotImplementedError(f"{type(self).__name__} declares {type(self.recovery).__name__}")

    @abstractmethod
    def look(self, session: Session) -> LookOutcome:
        """What has become of a session, changing nothing; `Rejected` where the provider knows of none."""

    @abstractmethod
    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """Every session made in [since, until), as the provider has it; none where it keeps no list. Raises
        `ProviderUnavailable`.
        """

    @abstractmethod
    def close(self, session: Session) -> CloseOutcome:
        """Make sure that the session cannot be paid any more, or learn that it was. Done twice it is done once by its
        nature, so it needs no idempotency key, under which a provider would also repeat a failure. Where only our
        capture takes money and the provider ends no session, what it answers `yields` to an approval that we hear of.
        """

    def capture(self, session: Session, key: str) -> CaptureOutcome:  # noqa: ARG002 - for those that leave it to us
        """Take what the buyer has agreed to, or find what was taken under this key."""
        return NothingToCapture()


class ProviderUnavailable(RetryableError):
    """The provider did not answer usefully. Nothing was charged; the same request with the same key may be
    sent again. `silent` unless it answered all the same.
    """

    code = "PROVIDER_UNAVAILABLE"
    retry_after_seconds = 5

    def __init__(self, provider: str, reason: str, *, credentials_refused: bool = False, silent: bool = True) -> None:
        super().__init__(f"{provider} is not available right now; try again with the same Idempotency-Key")
        self.provider = provider
        self.reason = reason
        self.credentials_refused = credentials_refused
        self.silent = silent


def unavailable(provider: str, outcome: Rejected | Unreachable | Unknown) -> ProviderUnavailable:
    """The error that an outcome without a useful answer becomes."""
    refused = isinstance(outcome, Unreachable) and outcome.credentials_refused
    reason = outcome.code if isinstance(outcome, Rejected) else outcome.reason
    told = isinstance(outcome, Rejected) or (isinstance(outcome, Unknown) and outcome.told)
    return ProviderUnavailable(provider, reason, credentials_refused=refused, silent=not told)

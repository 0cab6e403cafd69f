"""The two ways to ask a provider for money: a page for the buyer, and a charge at once.

They differ in what an unknown answer means. A page that no buyer has seen takes no money, so that another may be made
anywhere. A charge may have been made: it is asked about, and never made elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    EndOutcome,
    LookedOutcome,
    NeverMade,
    TakeOutcome,
)
from tollgate.checkout.ports import (
    Absent,
    Anew,
    CheckoutProvider,
    CheckoutRequest,
    CloseOutcome,
    LookOutcome,
    Lookup,
    NoRecovery,
    OpenOutcome,
    Replay,
    Unknown,
    Unreachable,
)
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.idempotency import IdempotencyRecord
from tollgate.payments.model import Payment, Session

# Every provider remembers a key for longer than that, so that a charge is asked for again under its own.
CHARGED_AGAIN_FOR = timedelta(hours=1)

type Request = CheckoutRequest | ChargeRequest
type Outcome = OpenOutcome | ChargeOutcome | NeverMade

_TOO_LATE = Unknown("there was no time left to ask", told=True)


class Way(ABC):
    """How money is asked for."""

    @abstractmethod
    def able(self, takers: Sequence[str], request: Request) -> tuple[str, ...]:
        """Those of the takers that this request can be sent to. Raises `ValidationFailed` where there is none."""

    def holds(self, provider: str, request: Request) -> bool:  # noqa: ARG002 - a page takes what is agreed to
        """Whether this provider only sets the money aside, as is wanted."""
        return False

    @abstractmethod
    def parameters(self, provider: str, payment: Payment, request: Request) -> str:
        """What the provider will be asked. Raises `ValidationFailed` for what it would refuse."""

    @abstractmethod
    def ask(self, record: IdempotencyRecord, payment: Payment) -> Outcome:
        """Ask for the first time in this attempt."""

    def ask_in_time(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> Outcome:
        """The same, but nothing under a lease that has passed: others may go on by what was sent before it did."""
        return self.ask(record, payment) if now < record.lease_expires_at else _TOO_LATE

    @abstractmethod
    def sends_again(self, record: IdempotencyRecord, now: datetime) -> bool:
        """Whether money is asked for anew, under the same key, for a caller who asks again; or only asked about."""

    @abstractmethod
    def ask_again(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> Outcome | None:
        """What came of it, for a caller who asks again; None when nobody can tell any more, and no harm is left."""

    @abstractmethod
    def ask_about(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> Outcome | None:
        """The same where nobody waits for an answer, or has waited too long: nothing is charged any more."""

    @abstractmethod
    def moves_on(self, outcome: Outcome | None, *, first: bool) -> bool:
        """Whether another provider may be asked. `first` unless this one may have heard of it before."""

    @abstractmethod
    def look(self, payment: Payment, session: Session) -> LookedOutcome:
        """What has become of what is open at the provider."""

    @abstractmethod
    def close(self, payment: Payment, session: Session) -> CloseOutcome:
        """Make sure that it takes no money any more, or learn that it did."""


class Pages(Way):
    """A hosted page, which somebody must find before it can be paid."""

    def __init__(self, providers: Mapping[str, CheckoutProvider]) -> None:
        self.providers = providers

    def able(self, takers: Sequence[str], request: Request) -> tuple[str, ...]:  # noqa: ARG002 - any can make a page
        return tuple(takers)

    def parameters(self, provider: str, payment: Payment, request: Request) -> str:
        if not isinstance(request, CheckoutRequest):
            raise TypeError("a page leads back somewhere")
        return self.providers[provider].parameters(payment, request)

    def ask(self, record: IdempotencyRecord, payment: Payment) -> OpenOutcome:
        key = payment.provider_key("checkout", record.attempt)
        return self.providers[record.provider].open(record.parameters, key)

    def sends_again(self, record: IdempotencyRecord, now: datetime) -> bool:  # noqa: ARG002 - nobody has seen its page
        return True

    def ask_again(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> OpenOutcome | None:
        """A page of a call whose answer was lost never reached the buyer, and has expired by the time of None."""
        provider, age = self.providers[record.provider], now - record.created_at
        match provider.recovery:
            case Replay(window):
                return self.ask(record, payment) if age < window else None
            case Lookup():
                found = provider.find(payment)
                return self.ask(record, payment) if isinstance(found, Absent) else found
            case Anew():
                return self.ask(record, payment)
            case NoRecovery(page_life):
                return Unknown("nobody can tell yet", told=True) if age < page_life else None

    def ask_about(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> OpenOutcome | None:
        return self.ask_again(record, payment, now)

    def moves_on(self, outcome: Outcome | None, *, first: bool) -> bool:  # noqa: ARG002 - nobody has seen its page
        return isinstance(outcome, Unreachable | Unknown)

    def look(self, payment: Payment, session: Session) -> LookOutcome:
        return self.providers[payment.provider].look(session)

    def close(self, payment: Payment, session: Session) -> CloseOutcome:
        return self.providers[payment.provider].close(session)


class Charges(Way):
    """A method that the buyer has given before."""

    def __init__(self, providers: Mapping[str, ChargeProvider]) -> None:
        self._providers = providers

    def holds(self, provider: str, request: Request) -> bool:
        return _of_charge(request).hold and self._providers[provider].holds

    def able(self, takers: Sequence[str], request: Request) -> tuple[str, ...]:
        sources = _of_charge(request).sources
        found = tuple(each for each in takers if each in self._providers and each in sources)
        if not found:
            who = ", ".join(each for each in takers if each in self._providers) or "none"
            raise ValidationFailed([FieldError("sources", f"names no provider that takes this; those that do: {who}")])
        return found

    def parameters(self, provider: str, payment: Payment, request: Request) -> str:
        return self._providers[provider].charge_parameters(payment, _of_charge(request))

    def ask(self, record: IdempotencyRecord, payment: Payment) -> ChargeOutcome:
        return self._providers[record.provider].charge(record.parameters, _key(record, payment))

    def sends_again(self, record: IdempotencyRecord, now: datetime) -> bool:
        return now - record.created_at < CHARGED_AGAIN_FOR

    def ask_again(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> Outcome:
        return self.ask_in_time(record, payment, now)

    def ask_about(self, record: IdempotencyRecord, payment: Payment, now: datetime) -> Outcome:
        """However old the request is: what was sent last may be on its way still."""
        age = max(now - record.sent_by, timedelta(0))
        return self._providers[record.provider].resolve(payment, record.parameters, _key(record, payment), age)

    def moves_on(self, outcome: Outcome | None, *, first: bool) -> bool:
        return first and isinstance(outcome, Unreachable)

    def look(self, payment: Payment, session: Session) -> LookedOutcome:
        return self._providers[payment.provider].look_at_charge(session)

    def close(self, payment: Payment, session: Session) -> EndOutcome:
        return self._providers[payment.provider].cancel_charge(session)

    def capture(self, payment: Payment, session: Session) -> TakeOutcome:
        """Take what is set aside."""
        return self._providers[payment.provider].capture_charge(session)


@dataclass(frozen=True, slots=True)
class Ways:
    """Both."""

    pages: Pages
    charges: Charges

    def for_request(self, request: Request) -> Way:
        return self.charges if isinstance(request, ChargeRequest) else self.pages

    def of(self, payment: Payment) -> Way:
        return self.charges if payment.direct else self.pages


def _of_charge(request: Request) -> ChargeRequest:
    if not isinstance(request, ChargeRequest):
        raise TypeError("a charge has a source")
    return request


def _key(record: IdempotencyRecord, payment: Payment) -> str:
    return payment.provider_key("charge", record.attempt)

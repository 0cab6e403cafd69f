"""What charging at once needs from payment providers: a method that the buyer has given before, and no page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tollgate.checkout.ports import (
    Closed,
    Covered,
    LookOutcome,
    Opened,
    Rejected,
    Unknown,
    Unreachable,
)
from tollgate.payments.declines import Decline
from tollgate.payments.model import Capture, Payment, Session


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """`sources` names a method by provider: a token made in the buyer's browser, or what was saved there. A token is
    worth nothing elsewhere, so only those that are named can be asked. `return_url` is where a buyer comes back to who
    has to confirm; without it, or `off_session`, a bank that wants that has declined. What is `kept` will be
    charged again: it is no token for one use. With `hold` the money is only set aside where the provider can do that,
    and else taken at once.
    """

    sources: Mapping[str, str]
    return_url: str | None = None
    off_session: bool = False
    customer_email: str | None = None
    kept: bool = False
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """The money was taken."""

    capture: Capture


@dataclass(frozen=True, slots=True)
class Held:
    """The buyer's money is set aside, and neither taken nor let go unless we say so. `session` has the provider's
    reference of it, and when it is let go by itself.
    """

    session: Session


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """The provider is at it, and will tell. `session` has its reference, and no address."""

    session: Session


@dataclass(frozen=True, slots=True)
class Declined:
    """No money was taken, and none will be for this charge."""

    decline: Decline


@dataclass(frozen=True, slots=True)
class NeverMade:
    """The provider surely has no such charge, and none is on its way."""


# `Opened` is a page on which the buyer confirms. `Unreachable` alone lets another provider be asked.
type ChargeOutcome = Taken | Covered | Held | Opened | OnItsWay | Declined | Rejected | Unreachable | Unknown
type ResolveOutcome = Taken | Held | OnItsWay | Declined | NeverMade | Rejected | Unreachable | Unknown
type LookedOutcome = LookOutcome | Held
type EndOutcome = Closed | Rejected | Unreachable | Unknown
type TakeOutcome = EndOutcome | Declined


class ChargeProvider(ABC):
    """A provider that charges a method at once. Stateless: what it is told twice under one key, it does once. One that
    `holds` can set the money aside, take it later, and let it go without a fee.
    """

    holds: bool = False

    @abstractmethod
    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        """The full parameters as JSON, to be stored before they are sent; `payment.due` is what is taken, or only set
        aside with `payment.hold`. Raises `ValidationFailed` for what it would refuse.
        """

    @abstractmethod
    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        """Take the money or set it aside, or say what became of it under this key. A timeout or a 5xx is `Unknown`,
        whatever it says.
        """

    @abstractmethod
    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        """What became of a charge whose answer was lost, and whose last request was sent `age` ago at least. Asks, or
        makes sure that nothing is taken any more, and never charges: nobody may be waiting. `Unknown` while nobody can
        tell.
        """

    @abstractmethod
    def look_at_charge(self, session: Session) -> LookedOutcome:
        """What has become of a charge that is on its way or waits for the buyer, changing nothing."""

    @abstractmethod
    def cancel_charge(self, session: Session) -> EndOutcome:
        """Make sure that it takes no money any more, or learn that it did. Done twice it is done once by its nature.
        What is set aside is let go.
        """

    def capture_charge(self, session: Session) -> TakeOutcome:
        """Take all that is set aside, or learn how that ended. It is taken or let go, and once, by its nature: a key
        would only make the provider repeat a failure. `Declined` says that the bank would not, and nothing of what is
        set aside. Asked only of those that hold.
        """
        raise NotImplementedError(f"{type(self).__name__} holds nothing")

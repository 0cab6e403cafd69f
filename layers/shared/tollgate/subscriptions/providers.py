"""What subscriptions need from payment providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.money import Money
from tollgate.subscriptions.model import Subscription, Terms
from tollgate.subscriptions.reports import Charged, Ended, Ending, Failed, Forgiven, Paid, Told


@dataclass(frozen=True, slots=True)
class Learned:
    """How it stands at the provider now, and what was billed last, which may not have been heard of."""

    fact: Told | Ending | Ended | Paid | Failed
    before: tuple[Paid | Failed | Forgiven | Charged, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOffered(Rejected):
    """The provider has no such thing for anybody. `what` says so, as in "a subscription that is active cannot …"."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Part of what a change costs, or gives back where it is less than nothing."""

    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Proration:
    """What a change of plan would cost at `at`: `due` is charged then, and never less than nothing; `total` may be,
    and what is below zero pays for later periods.
    """

    at: datetime
    total: Money
    due: Money
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CardPage:
    """Where a user gives another card."""

    reference: str
    url: str
    expires_at: datetime


type Answer = Learned | Declined | Rejected | Unreachable | Unknown


class RecurringProvider(ABC):
    """A provider that charges the periods by itself. Everything asked of it says how it shall be, so that asking twice
    does no harm.
    """

    @property
    @abstractmethod
    def charges_when_asked(self) -> bool:
        """Whether what is owed can be charged again when we say so; else it tries by itself."""

    @abstractmethod
    def look(self, of: Subscription) -> Answer:
        """How it stands."""

    @abstractmethod
    def end_with_period(self, of: Subscription, *, ends: bool) -> Answer:
        """That it ends when what is paid is over, or goes on after all."""

    @abstractmethod
    def end_now(self, of: Subscription) -> Answer:
        """That it ends at once."""

    @abstractmethod
    def pause(self, of: Subscription, *, paused: bool) -> Answer:
        """That nothing is charged until further notice, or again."""

    @abstractmethod
    def change(self, of: Subscription, terms: Terms, at: datetime, key: str) -> Answer:
        """Another plan from now on; what is paid and not used yet counts, as `preview` says."""

    @abstractmethod
    def preview(self, of: Subscription, terms: Terms, at: datetime) -> Proration | Rejected | Unreachable | Unknown:
        """What that would cost."""

    @abstractmethod
    def pay(self, of: Subscription, invoice: str, key: str) -> Answer:
        """Try to charge what is owed now, with the card of the moment."""

    @abstractmethod
    def card_page(
        self, of: Subscription, success_url: str, cancel_url: str, key: str
    ) -> CardPage | Rejected | Unreachable | Unknown:
        """A page on which the user gives another card."""

    @abstractmethod
    def adopt_card(self, of: Subscription, setup: str) -> Answer:
        """Charge the card that was given on such a page from now on."""


class RecurringProviders:
    """By name, each made with its first use: who only listens hardly ever asks."""

    def __init__(self, makers: Mapping[str, Callable[[], RecurringProvider]]) -> None:
        self._makers = makers
        self._made: dict[str, RecurringProvider] = {}

    def of(self, name: str) -> RecurringProvider | None:
        """None for a provider that does not charge by itself."""
        if name not in self._made and name in self._makers:
            self._made[name] = self._makers[name]()
        return self._made.get(name)

    def look(self, of: Subscription) -> Answer:
        """How it stands at its provider."""
        provider = self.of(of.provider)
        return provider.look(of) if provider else Rejected("it charges nothing by itself")

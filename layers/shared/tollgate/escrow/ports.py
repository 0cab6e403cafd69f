"""What the escrow room needs from a store, and of what is sold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.kernel.unit_of_work import Write

if TYPE_CHECKING:
    from tollgate.escrow.model import Change, Escrow


class EscrowRepository(ABC):
    """Escrows with their events. Reads are strongly consistent."""

    @abstractmethod
    def get(self, tenant: str, id_: str) -> Escrow | None:
        """The escrow as it stands."""

    @abstractmethod
    def create(self, change: Change) -> tuple[Write, ...]:
        """Store a new escrow with its first event; `EscrowChanged` if the id is taken."""

    @abstractmethod
    def update(self, change: Change) -> tuple[Write, ...]:
        """Store a changed escrow, and its event if there is one; `EscrowChanged` unless it is as it was read."""

    @abstractmethod
    def look_again(self, escrow: Escrow, at: datetime | None) -> Write:
        """Put off when somebody should look at it, or have nobody look; `EscrowChanged` if it moved on."""


class Waiting(ABC):
    """Who waits for an escrow: an execution of a state machine, by the token that it is woken with."""

    @abstractmethod
    def note(self, escrow: Escrow, token: str) -> None:
        """It waits from now on, whoever did before."""

    @abstractmethod
    def token(self, tenant: str, id_: str) -> str | None:
        """The one that waits, if any."""


class Waker(ABC):
    """Wakes an execution that waits."""

    @abstractmethod
    def wake(self, token: str) -> bool:
        """False where nobody waits by that token any more. `StoreUnavailable` where it was not surely woken."""


class SoldThings(ABC):
    """What becomes of the listing and of the ticket as its sale goes on. Each holds only while the listing is that
    sale's; `EscrowChanged` otherwise.
    """

    @abstractmethod
    def sold(self, escrow: Escrow) -> tuple[Write, ...]:
        """It is paid for: nobody else buys it."""

    @abstractmethod
    def freed(self, escrow: Escrow) -> tuple[Write, ...]:
        """It was not paid for: others may buy it."""

    @abstractmethod
    def handed_over(self, escrow: Escrow) -> tuple[Write, ...]:
        """The ticket is the buyer's."""

    @abstractmethod
    def given_back(self, escrow: Escrow) -> tuple[Write, ...]:
        """The sale has come to nothing: a ticket that was not handed over can be listed anew."""

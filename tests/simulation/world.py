"""All rooms on a store in memory, as the functions' compositions have them, and all that reaches them from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.charge_adapters import unbidden
from tests.simulation.charge_books import lapse
from tests.simulation.lulls import skip_lulls
from tests.simulation.plan_books import PlanBooks
from tests.simulation.provider_books import Asked, Fields, SimulatedEvent
from tests.simulation.rooms import PROVIDERS, Rooms
from tests.simulation.tasks import Killed, Task
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.idempotency import Response

START = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
# A function that stands still for longer has been ended by its timeout.
LONGEST_RUN = timedelta(seconds=60)
BETWEEN_STEPS = timedelta(milliseconds=50)


@dataclass
class Request:
    """What a client wants, under one key for ever. `gone` clients never come back; `refused` is a final no."""

    name: str
    call: Callable[[], Response]
    made_at: datetime
    answers: list[tuple[datetime, Response]] = field(default_factory=list)
    refused: str | None = None
    gone: bool = False

    @property
    def waits(self) -> bool:
        return not self.answers and self.refused is None and not self.gone

    def ask(self, now: Callable[[], datetime]) -> None:
        """Once. Whatever may pass leaves the client waiting."""
        try:
            response = self.call()
        except RetryableError:
            return
        except TollgateError as error:
            self.refused = error.code
            return
        self.answers.append((now(), response))


def is_unsure(answer: Response) -> bool:
    """Whether it says of a charge that nobody knows."""
    return '"outcome":"unknown"' in answer.body


@dataclass
class Told:
    """A provider's event on its way to us. `lost` ones never come."""

    event: SimulatedEvent
    acknowledged: bool = False
    lost: bool = False


class Choices:
    """A step's numbers, taken one after the other; zeros once they are used up."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(numbers)

    def number(self, below: int) -> int:
        """One of 0..below-1."""
        return (self._numbers.pop(0) if self._numbers else 0) % below

    def of[T](self, these: Sequence[T]) -> T:
        """One of these, of which there must be some."""
        return these[self.number(len(these))]


class World:
    """One deployment, its clients, and the providers' side. Deterministic: it has no other input than what is done."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.told: list[SimulatedEvent] = []
        self.asked: list[Asked] = []
        self.books = {name: PlanBooks(self.clock, name, self.told, self.asked) for name in PROVIDERS}
        self.rooms = Rooms(self.clock, self.books)
        self.requests: list[Request] = []
        self.mail: list[Told] = []
        self.tasks: list[Task] = []
        self.suspended: list[tuple[datetime, Task]] = []
        # Nothing that providers have told arrives for now.
        self.mail_is_late = False
        # Pages that could be paid when the reconciler had seen them all, and none had ended by itself.
        self.open_once_compared: set[str] = set()
        # What a capability remembers of its own, by name.
        self.notes: dict[str, Any] = {}
        self._keys = Random(0)

    # --- tasks ---

    def start(self, task: Task) -> None:
        """Let it run to its end, or to where it pauses."""
        self.tasks.append(task)
        self._go(self.clock.now(), task)

    def resume(self, number: int) -> None:
        """One that stands still goes on, unless its function's time is over."""
        began, task = self.suspended.pop(number)
        if self.clock.now() - began > LONGEST_RUN:
            task.kill()
        else:
            self._go(began, task)

    def _go(self, began: datetime, task: Task) -> None:
        if not task.go():
            self.suspended.append((began, task))

    # --- clients ---

    def ask(self, name: str, call: Callable[[], Response]) -> Request:
        """A new request, asked for the first time."""
        request = Request(name, call, self.clock.now())
        self.requests.append(request)
        self.ask_again(request)
        return request

    def ask_again(self, request: Request) -> None:
        request.ask(self.clock.now)

    def key(self) -> str:
        """A client's next idempotency key."""
        return f"{self._keys.getrandbits(32):08x}-0000-4000-8000-{self._keys.getrandbits(48):012x}"

    # --- the providers ---

    def everywhere(self, kept: Callable[[PlanBooks], Mapping[str, Fields]]) -> list[tuple[PlanBooks, Fields]]:
        """What all of them have of a kind, each with whose it is."""
        return [(books, each) for books in self.books.values() for each in kept(books).values()]

    def sessions(self) -> list[tuple[PlanBooks, Fields]]:
        """Pages on which something is sold."""
        return [each for each in self.everywhere(lambda books: books.sessions) if each[1]["mode"] != "setup"]

    def charges(self) -> list[tuple[PlanBooks, Fields]]:
        """What took money, by a page or at once."""
        intents = self.everywhere(lambda books: books.intents)
        return [(books, each) for books, each in intents if each["amount_received"]]

    def reconcile(self) -> None:
        """One run. Raises where it could not be noted."""
        skip_lulls(self.rooms)
        with unbidden():
            self.rooms.reconciler.run(self.rooms.ids.new("run"), "schedule", lambda: False)

    # --- the providers' mail ---

    def post(self) -> list[Told]:
        """Everything that they have told, or try to."""
        self.mail += [Told(each) for each in self.told[len(self.mail) :]]
        return self.mail

    def deliver(self, told: Told) -> None:
        """One delivery, acknowledged once it is stored."""
        try:
            self.rooms.accept(told.event)
        except RetryableError:
            return
        told.acknowledged = True

    # --- time ---

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        for books in self.books.values():
            books.pass_time()
            lapse(books)

    def end(self) -> None:
        """What still stands somewhere dies there."""
        for _, task in self.suspended:
            task.kill()
        self.suspended.clear()


__all__ = ["Choices", "Killed", "Request", "Told", "World", "is_unsure"]

"""The simulator as a whole: its books, its faults, and the thread that delivers."""

from collections.abc import Callable

from local.simulators.square.books import Books
from local.simulators.square.deliveries import Deliveries
from local.simulators.square.faults import Faults
from local.simulators.square.settings import SquareSimulatorSettings


class Simulator:
    """`close` ends the thread; a new instance on the same file goes on where this one ended."""

    def __init__(self, settings: SquareSimulatorSettings) -> None:
        self.settings = settings
        self.books = Books(settings.file, settings.now)
        self.faults = Faults()
        self._deliveries = Deliveries(settings, self.books)
        self._deliveries.start()

    @property
    def base(self) -> str:
        return self.settings.public_base.rstrip("/")

    def perform[T](self, work: Callable[[Books], T]) -> T:
        """One piece of work, kept once it is done."""
        with self.books.at_work():
            return work(self.books)

    def close(self) -> None:
        self._deliveries.stop()

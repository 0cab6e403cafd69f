"""The simulator as a whole: its memory, its background worker, and the way work is done in it."""

import threading
from collections.abc import Callable

from local.simulators.stripe.aging import age
from local.simulators.stripe.errors import StripeError
from local.simulators.stripe.idempotency import KeysInUse
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.simulators.stripe.store import Store, Transaction
from local.simulators.stripe.work import Work
from local.simulators.stripe.worker import Worker


class Simulator:
    """Owns the file and the thread. `close` ends both; a new instance on the same file goes on where this one ended."""

    def __init__(self, settings: StripeSimulatorSettings) -> None:
        self.settings = settings
        self.keys = KeysInUse()
        self.closing = threading.Event()
        self._store = Store(settings.database)
        self._worker = Worker(settings, self._store, lambda: self.perform(_nothing))
        self._worker.start()

    def perform[T](
        self, action: Callable[[Work], T], *, request_id: str | None = None, idempotency_key: str | None = None
    ) -> T:
        """Do a piece of work in one transaction, after everything that was due by now.

        A StripeError that says `executed` keeps what was written before it; any other exception undoes the work.
        """
        result: T
        failure: StripeError | None = None
        with self._store.transaction() as tx:
            work = self._work(tx, request_id, idempotency_key)
            aged = age(self._work(tx, None, None))
            try:
                result = action(work)
            except StripeError as error:
                if not error.executed:
                    raise
                failure = error
        if aged or action is not _nothing:
            self._worker.wake()
        if failure:
            raise failure
        return result

    def _work(self, tx: Transaction, request_id: str | None, idempotency_key: str | None) -> Work:
        return Work(
            tx,
            self.settings.now(),
            self.settings.public_base.rstrip("/"),
            self.settings.webhook_jitter_seconds,
            self.settings.refund_settlement_seconds,
            self.settings.search_lag_seconds,
            self.settings.invoice_draft_seconds,
            request_id,
            idempotency_key,
        )

    def close(self) -> None:
        """End hanging calls and the background thread, and release the file."""
        if not self.closing.is_set():
            self.closing.set()
            self._worker.stop()
            self._store.close()


def _nothing(_work: Work) -> None:
    """Work that only lets time pass."""

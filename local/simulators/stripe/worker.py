"""The background thread: sends due webhooks, and lets time pass for objects nobody asks about."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from local.simulators.stripe import deliveries
from local.simulators.stripe.errors import Body, StripeError
from local.simulators.stripe.settings import StripeSimulatorSettings
from local.simulators.stripe.signatures import signature_header
from local.simulators.stripe.store import Store

_LOG = logging.getLogger(__name__)
_PARALLEL = 4
_IDLE_SECONDS = 0.1
_PATIENCE_SECONDS = 2.0


class Worker:
    """Delivers at least once: an attempt whose record was lost with the process is made again."""

    def __init__(self, settings: StripeSimulatorSettings, store: Store, age: Callable[[], None]) -> None:
        self._settings = settings
        self._store = store
        self._age = age
        self._client = httpx.Client(timeout=settings.webhook_timeout_seconds, trust_env=False, follow_redirects=False)
        self._senders = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="stripe-webhook")
        self._sending: set[int] = set()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stripe-simulator", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def stop(self) -> None:
        """End, after a short wait for what is being sent. An attempt cut off here is made again by the next run."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._sending and time.monotonic() < deadline:
            time.sleep(0.01)
        self._senders.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(_IDLE_SECONDS)
            self._wake.clear()
            try:
                self._age()
                self._send_due()
            except (StripeError, sqlite3.Error, OSError, LookupError, RuntimeError, TypeError, ValueError):
                _LOG.exception("The simulator's background work failed; it goes on")

    def _send_due(self) -> None:
        with self._store.transaction() as tx:
            waiting = deliveries.due(tx, 2 * _PARALLEL)
        for delivery in waiting:
            if delivery["id"] in self._sending or len(self._sending) >= _PARALLEL:
                continue
            self._sending.add(delivery["id"])
            self._senders.submit(self._send, delivery)

    def _send(self, delivery: Body) -> None:
        try:
            outcome = self._post(delivery["payload"].encode())
            delays = self._settings.webhook_retry_seconds
            retry = delays[delivery["attempts"]] if delivery["attempts"] < len(delays) else None
            with self._store.transaction() as tx:
                deliveries.note_attempt(tx, delivery["id"], outcome, retry)
        except sqlite3.Error:
            if not self._stopping.is_set():
                _LOG.exception("A webhook attempt could not be recorded; it will be made again")
        finally:
            self._sending.discard(delivery["id"])
            self.wake()

    def _post(self, payload: bytes) -> Body:
        started = time.monotonic()
        status, error = None, None
        secrets = self._settings.signing_secrets()
        if not secrets:
            return {"http_status": None, "error": "no signing secret is configured", "milliseconds": 0}
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature_header(payload, int(time.time()), secrets),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            status = self._client.post(self._settings.webhook_url, content=payload, headers=headers).status_code
            error = None if 200 <= status < 300 else f"status {status}"
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        milliseconds = round((time.monotonic() - started) * 1000)
        return {"http_status": status, "error": error, "milliseconds": milliseconds}

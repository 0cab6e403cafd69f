"""The background thread: signed webhooks, again until they are taken, and what comes to its end by time."""

import base64
import hashlib
import hmac
import logging
import threading
import time

import httpx

from local.simulators.square.books import Books
from local.simulators.square.errors import Body
from local.simulators.square.payments import end_delays, settle_due_refunds
from local.simulators.square.settings import SquareSimulatorSettings

PAUSED = "webhooks_paused"
_LOG = logging.getLogger(__name__)
_IDLE_SECONDS = 0.05


def signature(key: str, address: str, payload: bytes) -> str:
    """What `x-square-hmacsha256-signature` says."""
    return base64.b64encode(hmac.new(key.encode(), address.encode() + payload, hashlib.sha256).digest()).decode()


class Deliveries:
    """Sends at least once: what was on its way at the end is sent again by the next run."""

    def __init__(self, settings: SquareSimulatorSettings, books: Books) -> None:
        self._settings = settings
        self._books = books
        self._client = httpx.Client(timeout=10, trust_env=False, follow_redirects=False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="square-simulator", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.wait(_IDLE_SECONDS):
            try:
                with self._books.at_rest():
                    ended = end_delays(self._books)
                    if settle_due_refunds(self._books, self._settings.refund_seconds) or ended:
                        self._books.keep()
                for number, delivery in self._due():
                    self._send(number, delivery)
            except (LookupError, OSError, RuntimeError, TypeError, ValueError):
                _LOG.exception("The simulator's background work failed; it goes on")

    def _due(self) -> list[tuple[str, Body]]:
        with self._books.at_rest():
            if PAUSED in self._books.of("switches"):
                return []
            known = [(number, dict(each)) for number, each in self._books.of("deliveries").items()]
        return [(n, each) for n, each in known if each["status"] == "pending" and each["due"] <= time.time()]

    def _send(self, number: str, delivery: Body) -> None:
        taken, attempts, waits = self._post(delivery), delivery["attempts"] + 1, self._settings.retry_seconds
        left = attempts <= len(waits)
        due = time.time() + (waits[attempts - 1] if left else 0)
        with self._books.at_work():
            waiting = self._books.of("deliveries")
            if taken:
                waiting.pop(number, None)
            elif number in waiting:
                waiting[number] |= {"attempts": attempts, "status": "pending" if left else "failed", "due": due}

    def _post(self, delivery: Body) -> bool:
        payload, address = delivery["payload"].encode(), self._settings.notification_url
        keys = self._settings.signing_keys()
        if not keys:
            return False
        headers = {
            "content-type": "application/json",
            "x-square-hmacsha256-signature": signature(keys[0], address, payload),
            "square-environment": "Sandbox",
            **({"square-retry-number": str(delivery["attempts"])} if delivery["attempts"] else {}),
        }
        try:
            return self._client.post(address, content=payload, headers=headers).is_success
        except httpx.HTTPError:
            return False

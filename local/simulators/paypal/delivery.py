"""Webhooks: signed with the simulator's own certificate, and sent again until they are taken."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, field
from typing import cast

import httpx
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.simulators.paypal.books import Body, new_id
from local.simulators.paypal.settings import PayPalSimulatorSettings

# PayPal's own address, whatever serves it: the stack takes no other.
CERTIFICATE = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-of-the-simulator"
_LOG = logging.getLogger(__name__)
_IDLE_SECONDS = 0.05


@dataclass
class Delivery:
    """One event on its way. Times are the machine's own."""

    type: str
    payload: bytes
    due: float
    attempts: int = 0
    taken: bool = False


@dataclass
class Deliveries:
    """A thread sends what is due. `faults` say what becomes of the next events: drop, or duplicate."""

    settings: PayPalSimulatorSettings
    sent: list[Delivery] = field(default_factory=list)
    faults: list[Body] = field(default_factory=list)
    paused: bool = False

    def __post_init__(self) -> None:
        self._key = cast(RSAPrivateKey, load_pem_private_key(self.settings.authority.key.encode(), None))
        self._client = httpx.Client(timeout=30, trust_env=False, follow_redirects=False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paypal-simulator", daemon=True)
        self._thread.start()

    def emit(self, type_: str, resource: str, body: Body, at: str) -> None:
        """Queue an event, frozen as things are now."""
        event = {
            "id": f"WH-{new_id()}-{new_id()}",
            "event_version": "1.0",
            "create_time": at,
            "resource_type": resource,
            "event_type": type_,
            "resource": body,
        }
        fault = self._take_fault(type_)
        if fault == "drop":
            return
        payload = json.dumps(event, separators=(",", ":")).encode()
        self.sent += [Delivery(type_, payload, time.time()) for _ in range(2 if fault == "duplicate" else 1)]

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def headers(self, payload: bytes) -> dict[str, str]:
        """As PayPal signs: the transmission, the webhook's id, and the checksum of the bytes."""
        transmission, at = str(uuid.uuid4()), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        signed = f"{transmission}|{at}|{self.settings.webhook_id}|{zlib.crc32(payload)}".encode()
        return {
            "content-type": "application/json",
            "paypal-transmission-id": transmission,
            "paypal-transmission-time": at,
            "paypal-transmission-sig": base64.b64encode(self._key.sign(signed, PKCS1v15(), SHA256())).decode(),
            "paypal-cert-url": CERTIFICATE,
            "paypal-auth-algo": "SHA256withRSA",
        }

    def _take_fault(self, type_: str) -> str | None:
        for fault in self.faults:
            if fault["left"] and (not fault["types"] or type_ in fault["types"]):
                fault["left"] -= 1
                return str(fault["kind"])
        return None

    def _run(self) -> None:
        while not self._stopping.wait(_IDLE_SECONDS):
            for each in [] if self.paused else list(self.sent):
                if not each.taken and each.due <= time.time() and not self._stopping.is_set():
                    self._send(each)

    def _send(self, delivery: Delivery) -> None:
        delays = self.settings.retry_seconds
        try:
            headers = self.headers(delivery.payload)
            answer = self._client.post(self.settings.webhook_url, content=delivery.payload, headers=headers)
            delivery.taken = answer.is_success
        except httpx.HTTPError:
            _LOG.info("a webhook did not arrive; it is sent again")
        delivery.attempts += 1
        if not delivery.taken:
            later = delays[delivery.attempts - 1] if delivery.attempts <= len(delays) else float("inf")
            delivery.due = time.time() + later

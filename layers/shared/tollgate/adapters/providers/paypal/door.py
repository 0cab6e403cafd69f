"""PayPal's webhook. What is signed is the transmission, our webhook's id, and the CRC-32 of the bytes that came."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tollgate.adapters.providers.paypal.attempts import Attempts
from tollgate.adapters.providers.paypal.certificates import Certificates, CertificatesUnavailable
from tollgate.inbox.doors import Door, Knock, Named, SignatureInvalid, json_object, named
from tollgate.kernel.secrets import valid_secrets

if TYPE_CHECKING:
    from cryptography.x509.verification import Store

    from tollgate.adapters.providers.paypal.chain import Proven

ALGORITHM = "SHA256withRSA"
_ADDRESS = re.compile(r"https://api(?:-m)?(?:\.sandbox)?\.paypal\.com/v1/notifications/certs/[A-Za-z0-9_-]{1,128}")
_WORD = re.compile(r"[\x21-\x7b\x7d\x7e]{1,128}")  # no bar: it stands between the parts
_LONGEST_SIGNATURE = 2048
# PayPal has a handful.
_MOST_KEPT = 16


class PayPalDoor(Door):
    """The secret is `{"webhook_ids": [...]}`, the ids that PayPal gave our endpoint: two while one takes the other's
    place; with `intermediates`, PEM texts, should PayPal publish its certificate without them. `test_root` is what a
    stand-in's certificates are issued by, and empty where PayPal itself calls.
    """

    def __init__(self, certificates: Certificates, test_root: str = "") -> None:
        self._certificates = certificates
        self._test_root = test_root
        self._trusted: Store | None = None
        self._proven: dict[str, Proven] = {}
        self._attempts = Attempts()

    def is_open(self, secret: Mapping[str, Any]) -> bool:
        return bool(valid_secrets(secret.get("webhook_ids")))

    def prove(self, knock: Knock, secret: Mapping[str, Any]) -> None:
        """Raises `CertificatesUnavailable`, too, where nobody can tell now."""
        id_, time, address, signature = _read(knock.headers)
        from tollgate.adapters.providers.paypal.chain import wall

        at, checksum = wall(knock.at), zlib.crc32(knock.payload)
        proven = self._at(address, knock.at, _intermediates(secret))
        texts = [f"{id_}|{time}|{each}|{checksum}".encode() for each in valid_secrets(secret.get("webhook_ids"))]
        if not any(proven.verify(signature, text, at) for text in texts):
            raise SignatureInvalid("no signature matches")

    def name(self, knock: Knock) -> Named | None:
        event = json_object(knock.payload)
        return named(event.get("id"), event.get("event_type"), knock.payload) if event is not None else None

    def _at(self, address: str, at: float, intermediates: str) -> Proven:
        if address not in self._proven:
            self._attempts.begin(address, at)
            try:
                found = self._fetched(address, at, intermediates)
            except (SignatureInvalid, CertificatesUnavailable) as why:
                self._attempts.failed(address, at, why)
                raise
            if len(self._proven) >= _MOST_KEPT:
                self._proven.clear()
            self._proven[address] = found
        return self._proven[address]

    def _fetched(self, address: str, at: float, intermediates: str) -> Proven:
        from tollgate.adapters.providers.paypal.chain import proven, trusted, wall

        if self._trusted is None:
            self._trusted = trusted(self._test_root)
        return proven(self._certificates.fetch(address), self._trusted, wall(at), intermediates)


def _intermediates(secret: Mapping[str, Any]) -> str:
    found = secret.get("intermediates")
    return "\n".join(each for each in found if isinstance(each, str)) if isinstance(found, list) else ""


def _read(headers: Mapping[str, str]) -> tuple[str, str, str, bytes]:
    """Transmission id and time, the certificate's address, and the signature: each as it must be."""
    id_, time = (headers.get(f"paypal-transmission-{part}", "") for part in ("id", "time"))
    address, text = headers.get("paypal-cert-url", ""), headers.get("paypal-transmission-sig", "")
    if headers.get("paypal-auth-algo") != ALGORITHM:
        raise SignatureInvalid("not an algorithm that is taken")
    if not _WORD.fullmatch(id_) or not _WORD.fullmatch(time):
        raise SignatureInvalid("no transmission")
    if not _ADDRESS.fullmatch(address):
        raise SignatureInvalid("not an address of PayPal's certificates")
    try:
        signature = base64.b64decode(text, validate=True) if len(text) <= _LONGEST_SIGNATURE else b""
    except (binascii.Error, ValueError):
        signature = b""
    if not signature:
        raise SignatureInvalid("no signature")
    return id_, time, address, signature

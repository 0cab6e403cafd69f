"""Where the certificates come from that prove PayPal's webhooks. Nothing heavy is loaded before one comes."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tollgate.inbox.doors import SignatureInvalid
from tollgate.kernel.errors import RetryableError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

TIMEOUT_SECONDS, LARGEST_BYTES = 2.0, 64 * 1024


class CertificatesUnavailable(RetryableError):
    """The certificate cannot be fetched now; PayPal sends its event again."""

    code = "CERTIFICATES_UNAVAILABLE"


class Certificates(ABC):
    """What PayPal publishes."""

    @abstractmethod
    def fetch(self, url: str) -> bytes:
        """The PEM at an address that was found to be PayPal's. Raises `SignatureInvalid` for what is not there, or is
        too large, and `CertificatesUnavailable`.
        """


class PublishedCertificates(Certificates):
    """Over HTTPS, without following anything. `base` names a stand-in, which serves the same paths."""

    def __init__(self, base: str = "") -> None:
        self._base = base.rstrip("/")

    def fetch(self, url: str) -> bytes:
        import urllib3
        from botocore.httpsession import get_cert_path

        deadline, timeout = time.monotonic() + TIMEOUT_SECONDS, urllib3.Timeout(total=TIMEOUT_SECONDS)
        pools = urllib3.PoolManager(timeout=timeout, cert_reqs="CERT_REQUIRED", ca_certs=get_cert_path(True))
        address = f"{self._base}{urlsplit(url).path}" if self._base else url
        try:
            answer = pools.request("GET", address, redirect=False, retries=False, preload_content=False)
            found = _read(answer, deadline)
            answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise CertificatesUnavailable("the certificate cannot be fetched") from error
        finally:
            pools.clear()
        if answer.status >= 500 or answer.status == 429:
            raise CertificatesUnavailable(f"the certificate's server answers {answer.status}")
        if answer.status != 200 or len(found) > LARGEST_BYTES:
            raise SignatureInvalid("no certificate at that address")
        return found


def _read(answer: BaseHTTPResponse, deadline: float) -> bytes:
    """Up to a byte too much. The timeout is of each read: who sends a little at a time must come to an end as well."""
    found = b""
    while len(found) <= LARGEST_BYTES and (part := answer.read1(LARGEST_BYTES + 1 - len(found))):
        if time.monotonic() > deadline:
            raise CertificatesUnavailable("the certificate comes too slowly")
        found += part
    return found

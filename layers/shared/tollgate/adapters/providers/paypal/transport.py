"""How requests travel to PayPal: over kept connections, with explicit timeouts, sent once and not passed on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from botocore.httpsession import get_cert_path

from tollgate.checkout.ports import Unknown, Unreachable

# Two calls of a request fit into the function's 28 seconds, with room for the transactions.
CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 2.0, 10.0
_NEVER_CONNECTED = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; what is no JSON object is none that we can read, and empty here."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class Transport:
    """Certificates are held against the list that the AWS clients use."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
        self._pools = urllib3.PoolManager(timeout=timeout, cert_reqs="CERT_REQUIRED", ca_certs=get_cert_path(True))

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer | Unreachable | Unknown:
        """`Unreachable` where no connection was made, `Unknown` where there is one and no answer."""
        try:
            answer = self._pools.urlopen(method, url, body=body, headers=headers, redirect=False, retries=False)
        except _NEVER_CONNECTED:
            return Unreachable("no connection")
        except urllib3.exceptions.HTTPError as error:
            return Unknown(type(error).__name__)
        return Answer(answer.status, _object(answer.data))


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

"""How Square is asked: kept connections, explicit timeouts, a pinned version, and nothing sent twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import urllib3
from botocore.httpsession import get_cert_path

from tollgate.adapters.providers.square.errors import NoAnswer, errors_of, outcome_of, outcome_without_answer
from tollgate.checkout.ports import UNREAD, Unknown, Unreachable
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.secrets import Secrets

API_VERSION = "2026-09-16"
PRODUCTION = "https://connect.squareup.com"
# Two calls of a request fit into the function's 28 seconds, with room for the transactions.
CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 2.0, 10.0


class SquareApi:
    """`base` is empty for the official address. Certificates are held against the list that AWS's own calls use."""

    def __init__(self, secrets: Secrets, base: str = "") -> None:
        self._secrets = secrets
        self._base = (base or PRODUCTION).rstrip("/")
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
        certificates = get_cert_path(True)
        self._pools = urllib3.PoolManager(timeout=timeout, cert_reqs="CERT_REQUIRED", ca_certs=certificates)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """What Square answered; `NoAnswer` says what is known when that is nothing to go on."""
        sent = None if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            got = self._pools.urlopen(
                method, f"{self._base}{path}", body=sent, headers=self._headers(), redirect=False, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswer(outcome_without_answer(error)) from error
        answer = _read(got.data)
        if not 200 <= got.status < 300:
            errors = errors_of((answer or {}).get("errors"))
            raise NoAnswer(outcome_of(got.status, errors), errors)
        if answer is None:
            raise NoAnswer(Unknown("an answer that is no JSON object"))
        return answer

    def _headers(self) -> dict[str, str]:
        """With the token of the moment."""
        try:
            secret = self._secrets.get("square/api")
        except StoreUnavailable as error:
            raise NoAnswer(UNREAD) from error
        token = str(secret.get("access_token", "")).strip()
        if not token:
            raise NoAnswer(Unreachable("no credentials", credentials_refused=True))
        return {
            "Authorization": f"Bearer {token}",
            "Square-Version": API_VERSION,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }


def _read(data: bytes) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None

"""Calls of PayPal's API: with a token that is kept until shortly before it expires, and made anew once when refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tollgate.adapters.providers.paypal.errors import issue_of
from tollgate.adapters.providers.paypal.transport import Answer, Transport
from tollgate.checkout.ports import UNREAD, Unknown, Unreachable
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.secrets import Secrets

LIVE = "https://api-m.paypal.com"
# For calls that are on their way when the token expires, and clocks that disagree.
_SPARE_SECONDS = 60
_REFUSED = (400, 401, 403)


class PayPalApi:
    """`base` is empty for the official address. `wall` is the machine's time in epoch seconds: tokens expire by it."""

    def __init__(
        self,
        secrets: Secrets,
        base: str = "",
        *,
        transport: Callable[[], Transport] = Transport,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = secrets
        self._base = (base or LIVE).rstrip("/")
        self._make = transport
        self._transport: Transport | None = None
        self._wall = wall
        self._credentials = ""
        self._token, self._good_until = "", 0.0

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = ""
    ) -> Answer | Unreachable | Unknown:
        """The answer, whatever its status; `key` is the request id under which it is done once. What says how
        something shall be needs none.
        """
        answer: Answer | Unreachable | Unknown = Unreachable("no token")
        for _ in range(2):
            token = self._valid_token()
            if not isinstance(token, str):
                return token
            answer = self._authorized(method, path, body, key, token)
            if not isinstance(answer, Answer) or answer.status != 401:
                return answer
            self._good_until = 0.0
        return answer

    def _authorized(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str, token: str
    ) -> Answer | Unreachable | Unknown:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if method == "POST":
            headers |= {"Prefer": "return=representation"} | ({"PayPal-Request-Id": key} if key else {})
        data = None if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        return self._send(method, path, headers, data)

    def _valid_token(self) -> str | Unreachable:
        """Without one nothing was asked for yet, so that nothing can have been done."""
        try:
            secret = self._secrets.get("paypal/api")
        except StoreUnavailable:
            return UNREAD
        id_, word = (str(secret.get(name, "")).strip() for name in ("client_id", "client_secret"))
        if not id_ or not word:
            return Unreachable("no credentials", credentials_refused=True)
        credentials = base64.b64encode(f"{id_}:{word}".encode()).decode()
        if credentials != self._credentials or self._wall() >= self._good_until:
            return self._new_token(credentials)
        return self._token

    def _new_token(self, credentials: str) -> str | Unreachable:
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", "/v1/oauth2/token", headers, b"grant_type=client_credentials")
        if not isinstance(answer, Answer):
            return Unreachable(f"no token: {answer.reason}")
        token, seconds = answer.body.get("access_token"), answer.body.get("expires_in")
        if not answer.is_success or not isinstance(token, str) or not isinstance(seconds, int):
            refused = answer.status in _REFUSED
            return Unreachable(f"no token: {issue_of(answer.body, answer.status)}", credentials_refused=refused)
        self._credentials, self._token = credentials, token
        self._good_until = self._wall() + seconds - _SPARE_SECONDS
        return token

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer | Unreachable | Unknown:
        if self._transport is None:
            self._transport = self._make()
        return self._transport.send(method, f"{self._base}{path}", headers, body)

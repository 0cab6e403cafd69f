"""How the SDK's requests travel: connections that are kept, explicit timeouts, nothing sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe
import urllib3

# Its constructor has no types.
_NO_ANSWER: Any = stripe.APIConnectionError


class Transport(stripe.HTTPClient):
    """The SDK's own client for `requests` merges sessions, cookies and proxies into each request, which takes longer
    than all the rest of a call. Certificates are held against the SDK's own list, as there.
    """

    name = "urllib3"

    def __init__(self, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        timeout = urllib3.Timeout(connect=connect_seconds, read=read_seconds)
        self._pools = urllib3.PoolManager(timeout=timeout, cert_reqs="CERT_REQUIRED", ca_certs=stripe.ca_bundle_path)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_usage: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Content, status and headers. `APIConnectionError` when there is no answer; its cause says why."""
        try:
            answer = self._pools.urlopen(
                method.upper(), url, body=post_data, headers=headers, redirect=False, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise _NO_ANSWER("Stripe did not answer", should_retry=False) from error
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        self._pools.clear()

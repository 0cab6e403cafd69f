"""How requests travel to Segpay: connections that are kept, explicit timeouts, nothing sent twice.

All its calls are GET, those to its reports with the access key in the address. So no address stands in an error; what
urllib3 tells of them at DEBUG is switched off where logs are set up.
"""

from __future__ import annotations

from collections.abc import Mapping

import urllib3
from botocore.httpsession import get_cert_path

from tollgate.adapters.providers.segpay.errors import CallFailed, of_silence, of_status
from tollgate.checkout.ports import Unknown

# Two calls of a request fit into the function's 28 seconds, with room for the transactions.
CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 2.0, 10.0
# A day's transactions of a large merchant.
LARGEST_ANSWER = 16 * 1024 * 1024


class Transport:
    """One for each instance of a function. Certificates are held against the list that AWS's own calls use."""

    def __init__(self) -> None:
        self._pools = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=get_cert_path(True))

    def get(self, address: str, fields: Mapping[str, str], basic: str | None = None) -> bytes:
        """The body of a 200; `CallFailed` otherwise. `basic` is `user:password`."""
        headers = urllib3.make_headers(keep_alive=True, basic_auth=basic)
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
        try:
            answer = self._pools.request(
                "GET",
                address,
                fields=dict(fields),
                headers=headers,
                timeout=timeout,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            body = answer.read(LARGEST_ANSWER + 1, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise CallFailed(of_silence(error)) from None
        if len(body) > LARGEST_ANSWER:
            answer.close()
            raise CallFailed(Unknown("the answer is too large"))
        answer.release_conn()
        if answer.status != 200:
            raise CallFailed(of_status(answer.status))
        return bytes(body)

"""Deliveries over HTTPS: one connection each, to an address that was looked at, within seconds whatever the other side
does. Nothing heavy is loaded before the first is sent.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from threading import Timer
from typing import TYPE_CHECKING

from tollgate.deliveries.addresses import Address, AddressRefused, address_of, permitted
from tollgate.deliveries.ports import Answer, Courier

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 2.0, 5.0
# Of what a consumer answers nothing is kept. So much is read, so that it need not see its connection broken.
LARGEST_ANSWER_BYTES = 16 * 1024


class _Unreached(Exception):
    """There is no connection; `code` is why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HttpCourier(Courier):
    """On a `laptop`, programs on the same machine are reached too. A redirect is an answer, and not followed."""

    def __init__(self, *, laptop: bool) -> None:
        self._laptop = laptop

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        begun = time.monotonic()
        try:
            status, error = self._post(url, headers, body), None
        except _Unreached as unreached:
            status, error = None, unreached.code
        except (OSError, http.client.HTTPException):
            status, error = None, "no_answer"
        return Answer(round((time.monotonic() - begun) * 1000), status, error)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        address, found = self._found(url)
        connection = http.client.HTTPConnection(address.host, address.port)
        plain = _connected(found, address.port)
        with _cut_after(READ_TIMEOUT_SECONDS, plain), closing(connection):
            connection.sock = self._secured(plain, address)
            sent = {"host": address.host_header, **headers, "connection": "close"}
            connection.request("POST", address.target, body=body, headers=sent)
            answer = connection.getresponse()
            with suppress(OSError, http.client.HTTPException):
                answer.read(LARGEST_ANSWER_BYTES)
            return answer.status

    def _found(self, url: str) -> tuple[Address, list[str]]:
        """The addresses that the name leads to now: what was looked at is what is called, and no name again."""
        try:
            address = address_of(url, laptop=self._laptop)
            told = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            # Functions outside a VPC have no IPv6 of their own.
            families = sorted(told, key=lambda each: each[0] != socket.AF_INET)
            found = list(dict.fromkeys(str(each[4][0]) for each in families))
            return address, list(permitted(address, found, laptop=self._laptop))
        except AddressRefused as refused:
            raise _Unreached("address_refused") from refused
        except (OSError, UnicodeError) as error:
            raise _Unreached("no_such_host") from error

    def _secured(self, plain: socket.socket, address: Address) -> socket.socket:
        if not address.is_encrypted:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=address.host)
        except ssl.SSLCertVerificationError as error:
            raise _Unreached("bad_certificate") from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Certificates are held against the list that the AWS clients use."""
        from botocore.httpsession import get_cert_path

        return ssl.create_default_context(cafile=get_cert_path(True))


def _connected(found: list[str], port: int) -> socket.socket:
    """To the first that takes the connection, all of them within the time of one."""
    deadline = time.monotonic() + CONNECT_TIMEOUT_SECONDS
    for each in found:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        with suppress(OSError):
            made = socket.create_connection((each, port), timeout=left)
            made.settimeout(READ_TIMEOUT_SECONDS)
            return made
    raise _Unreached("no_connection")


@contextmanager
def _cut_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """The timeout of a socket is that of each read: who sends a byte now and then would hold us for ever. The other
    handle on the connection leads past whatever is laid over the first.
    """
    with connection.dup() as other:
        timer = Timer(seconds, _cut, [other])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

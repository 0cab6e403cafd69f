"""A delivery reaches its address within seconds or not at all, and tells what came of it, whatever is done there."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tollgate.adapters import courier
from tollgate.adapters.courier import HttpCourier
from tollgate.deliveries.ports import Answer

BODY = '{"id":"evt_1","name":"Zoë"}'.encode()
HEADERS = {"content-type": "application/json", "webhook-id": "evt_1"}


class Server:
    """Takes connections one after the other; `act` does with each what it likes."""

    def __init__(self, act: Callable[[socket.socket], object], context: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._act, self._context = act, context
        self.requests: list[bytes] = []
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    secured = self._context.wrap_socket(connection, server_side=True) if self._context else connection
                    with secured:
                        self._take(secured)
                except OSError:
                    continue

    def _take(self, connection: socket.socket) -> None:
        told = b""
        while not told.endswith(BODY):
            told += connection.recv(65536)
        self.requests.append(told)
        self._act(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def a_server(act: Callable[[socket.socket], object], context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(act, context)
    try:
        yield server
    finally:
        server.close()


def answering(text: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: connection.sendall(text)


def posted(server: Server, path: str = "/api/events?a=1", *, scheme: str = "http") -> Answer:
    return HttpCourier(laptop=True).post(f"{scheme}://127.0.0.1:{server.port}{path}", HEADERS, BODY)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits five seconds for a test."""
    monkeypatch.setattr(courier, "READ_TIMEOUT_SECONDS", 0.3)


def test_the_body_arrives_byte_for_byte_with_its_headers() -> None:
    with a_server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        answer = posted(server)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (answer.status, answer.error) == (204, None)
    assert head.startswith(b"POST /api/events?a=1 HTTP/1.1\r\n")
    lines = {line.lower() for line in head.split(b"\r\n")[1:]}
    length, host = f"content-length: {len(BODY)}", f"host: 127.0.0.1:{server.port}"
    assert {each.encode() for each in (length, host, "webhook-id: evt_1", "connection: close")} <= lines
    assert body == BODY


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n", 302),
        (b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\nno ca", 500),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", 200),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000, 200),
        (b"HTTP/1.1 410 Gone\r\n\r\n", 410),
    ],
    ids=["redirect", "error", "broken off", "endless", "gone"],
)
def test_the_status_is_all_that_is_taken_from_an_answer_and_nothing_is_followed(text: bytes, status: int) -> None:
    with a_server(answering(text)) as server:
        assert posted(server).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "text", [b"", b"no http\r\n\r\n", b"HTTP/1.1 9999 \r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"]
)
def test_what_is_no_answer_is_none(text: bytes) -> None:
    with a_server(answering(text)) as server:
        assert (posted(server).status, posted(server).error) == (None, "no_answer")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("beginning", "status", "error"),
    [(b"", None, "no_answer"), (b"HTTP/1.1 200 OK\r\n", 200, None), (b"HTTP/1.1 200 OK\r\n\r\n", 200, None)],
    ids=["its status", "its headers", "its body"],
)
def test_whoever_answers_a_byte_now_and_then_is_cut_off(
    beginning: bytes, status: int | None, error: str | None
) -> None:
    """No single read ever times out. A status that was told is told."""

    def dripping(connection: socket.socket) -> None:
        connection.sendall(beginning)
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(b"a")

    with a_server(dripping) as server:
        begun = time.monotonic()
        answer = posted(server)
        assert (answer.status, answer.error) == (status, error)
        assert time.monotonic() - begun < 2
        assert answer.milliseconds >= 250


def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = HttpCourier(laptop=True).post(f"http://127.0.0.1:{port}/", HEADERS, BODY)
    assert (answer.status, answer.error) == (None, "no_connection")


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_leads_into_our_own_network_is_not_called(found: list[str]) -> None:
    """Also where the same name led elsewhere when the consumer was written down."""
    told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in found]
    called: list[Any] = []
    with (
        patch.object(socket, "getaddrinfo", lambda *_, **__: told),
        patch.object(socket, "create_connection", lambda address, **_: called.append(address)),
    ):
        answer = HttpCourier(laptop=False).post("https://rebinding.example/", HEADERS, BODY)
    assert (answer.status, answer.error, called) == (None, "address_refused", [])


def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    looked: list[str] = []

    def once(host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with a_server(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        connect = socket.create_connection
        called: list[Any] = []

        def calling(address: Any, timeout: float) -> socket.socket:
            called.append(address)
            with patch.object(socket, "getaddrinfo", real):
                return connect(address, timeout=timeout)

        real = socket.getaddrinfo
        with patch.object(socket, "getaddrinfo", once), patch.object(socket, "create_connection", calling):
            answer = HttpCourier(laptop=True).post(f"http://funnel.lvh.me:{server.port}/", HEADERS, BODY)
    assert (answer.status, looked, called) == (200, ["funnel.lvh.me"], [("127.0.0.1", server.port)])


@pytest.mark.parametrize("url", ["http://shop.example/", "https://127.0.0.1/", "https://user@shop.example/", "nothing"])
def test_what_is_no_address_of_a_consumer_is_not_called(url: str) -> None:
    assert HttpCourier(laptop=False).post(url, HEADERS, BODY).error == "address_refused"


def test_a_name_that_nobody_knows_is_told() -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    with patch.object(socket, "getaddrinfo", unknown):
        assert HttpCourier(laptop=False).post("https://gone.example/", HEADERS, BODY).error == "no_such_host"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "consumer")]),
    )
    now, address = datetime.now(UTC), x509.IPAddress(IPv4Address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file, public = tmp_path_factory.mktemp("tls") / "server.pem", made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)
    Path(f"{file}.crt").write_bytes(public)
    return file


def test_over_tls_the_certificate_must_be_of_somebody_who_is_trusted(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with a_server(answering(b"HTTP/1.1 200 OK\r\n\r\n"), context) as server:
        assert posted(server, scheme="https").error == "bad_certificate"
        with patch("botocore.httpsession.get_cert_path", lambda _: f"{certificate}.crt"):
            assert posted(server, scheme="https").status == 200
    assert len(server.requests) == 1


@pytest.mark.usefixtures("hurried")
def test_a_server_that_never_shakes_hands_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert HttpCourier(laptop=True).post(url, HEADERS, BODY).error == "no_answer"

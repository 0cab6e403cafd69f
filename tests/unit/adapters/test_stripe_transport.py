"""How requests travel to Stripe: over kept connections, to a server that proves who it is, once."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.stripe.transport import Transport


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@contextmanager
def a_stranger(folder: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server whose certificate nobody vouches for, and what it got to read."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, heard = datetime.now(UTC), list[bytes]()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "stranger.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def listen() -> None:
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as safe:
                    heard.append(safe.recv(65536))
            except OSError:
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}/v1", heard
        thread.join()


def test_a_server_that_nobody_vouches_for_hears_nothing(tmp_path: Path) -> None:
    with a_stranger(tmp_path) as (url, heard):
        with pytest.raises(stripe.APIConnectionError) as caught:
            Transport(1, 1).request("post", url, {"Authorization": "Bearer sk_test_1"}, "a=b")
        assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value.__cause__)
        assert not caught.value.should_retry
    assert b"".join(heard) == b""


def test_content_status_and_headers_come_back_as_they_are(server: StripeServer) -> None:
    server.answers = [(402, "not even JSON")]
    content, status, headers = Transport(1, 1).request("get", f"{server.url}/v1/x?a=b", {"X-Test": "1"})
    assert (content, status, headers["content-length"]) == (b"not even JSON", 402, "13")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["X-Test"]) == ("GET", "/v1/x?a=b", "1")


def test_nobody_is_followed_elsewhere(server: StripeServer) -> None:
    server.answers = [(307, "")]
    _, status, _ = Transport(1, 1).request("post", f"{server.url}/v1/x", {}, "a=b")
    assert (status, len(server.asked)) == (307, 1)


def test_a_body_goes_out_as_it_was_encoded(server: StripeServer) -> None:
    server.answers = [(200, "{}")]
    Transport(1, 1).request("post", f"{server.url}/v1/x", {}, "name=zo%C3%AB&list[0]=1")
    assert server.asked[0].form == {"name": "zoë", "list[0]": "1"}


def test_a_connection_is_kept_and_made_anew_when_it_was_closed() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for requests in (2, 1):
                connection, _ = listener.accept()
                accepted.append(connection)
                for _ in range(requests):
                    connection.recv(65536)
                    connection.sendall(answer)
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        transport, url = Transport(1, 5), f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        first, second = (transport.request("get", url, {})[1] for _ in range(2))
        assert (first, second, len(accepted)) == (200, 200, 1)
        accepted[0].close()
        assert _eventually(transport, url) == 200
        transport.close()
        thread.join()
    assert len(accepted) == 2


def _eventually(transport: Transport, url: str) -> int:
    """The server's end of the old connection closes a moment later; a request that met that is not sent again."""
    threading.Event().wait(0.2)
    return transport.request("get", url, {})[1]

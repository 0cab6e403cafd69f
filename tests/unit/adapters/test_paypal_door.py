"""Who may come through PayPal's door: what its certificate signed for our webhook, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.simulators.paypal.authority import Authority, make_authority
from tests.simulators.paypal_world import WEBHOOK_ID, authority
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.paypal.certificates import (
    LARGEST_BYTES,
    Certificates,
    CertificatesUnavailable,
    PublishedCertificates,
)
from tollgate.adapters.providers.paypal.door import PayPalDoor
from tollgate.inbox.doors import Knock, SignatureInvalid

ADDRESS = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
PAYLOAD = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"2GG279541U471931P"}}'
SECRET = {"webhook_ids": [WEBHOOK_ID]}


class Shelf(Certificates):
    """Certificates by their address."""

    def __init__(self, certificate: str) -> None:
        self.certificate = certificate
        self.fetched: list[str] = []

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.certificate.encode()


def _door(signer: Authority | None = None, *, root: str | None = None) -> PayPalDoor:
    signer = signer or authority()
    return PayPalDoor(Shelf(signer.certificate), root if root is not None else authority().root)


def _sign(text: bytes, signer: Authority, digest: SHA1 | SHA256) -> str:
    key = cast(RSAPrivateKey, load_pem_private_key(signer.key.encode(), None))
    return base64.b64encode(key.sign(text, PKCS1v15(), digest)).decode()


def a_knock(
    payload: bytes = PAYLOAD,
    *,
    signed: bytes = PAYLOAD,
    webhook: str = WEBHOOK_ID,
    signer: Authority | None = None,
    digest: SHA1 | SHA256 | None = None,
    at: float | None = None,
    **headers: str | None,
) -> Knock:
    id_, when = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-11-05T12:00:00Z"
    text = f"{id_}|{when}|{webhook}|{zlib.crc32(signed)}".encode()
    sent: dict[str, str | None] = {
        "paypal-transmission-id": id_,
        "paypal-transmission-time": when,
        "paypal-transmission-sig": _sign(text, signer or authority(), digest or SHA256()),
        "paypal-cert-url": ADDRESS,
        "paypal-auth-algo": "SHA256withRSA",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    given = {name: value for name, value in sent.items() if value is not None}
    return Knock("POST", "", given, payload, "127.0.0.1", time.time() if at is None else at)


def _refused(knock: Knock, secret: Mapping[str, Any] = SECRET, door: PayPalDoor | None = None) -> None:
    with pytest.raises(SignatureInvalid):
        (door or _door()).prove(knock, secret)


def test_what_paypal_signed_for_our_webhook_is_let_in() -> None:
    door = _door()
    door.prove(a_knock(), SECRET)
    assert door.name(a_knock()) is not None
    door.prove(a_knock(), {"webhook_ids": ["7AB12345CD678901E", WEBHOOK_ID]})


def test_the_formula_is_the_one_that_paypal_documents() -> None:
    """Written out by hand: the checksum is decimal and has no sign."""
    payload = b"\x00" * 3
    assert zlib.crc32(payload) == 0xFF41D912
    _door().prove(a_knock(payload, signed=payload), SECRET)


@pytest.mark.parametrize("payload", [PAYLOAD + b" ", b"", PAYLOAD.replace(b"2GG", b"3GG")])
def test_an_altered_body_is_refused(payload: bytes) -> None:
    _refused(a_knock(payload))


def test_a_body_that_was_written_anew_is_refused() -> None:
    _refused(a_knock(json.dumps(json.loads(PAYLOAD)).encode()))


def test_another_key_and_another_webhook_are_refused() -> None:
    stranger = make_authority()
    _refused(a_knock(signer=stranger))
    _refused(a_knock(signer=stranger), door=_door(stranger))
    _refused(a_knock(webhook="1AB12345CD678901E"))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2/token",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?to=https://evil.example",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://api.paypal.com/v2/notifications/certs/CERT-1",
        f"{ADDRESS}\n",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(address: str) -> None:
    shelf = Shelf(authority().certificate)
    _refused(a_knock(paypal_cert_url=address), door=PayPalDoor(shelf, authority().root))
    assert not shelf.fetched


@pytest.mark.parametrize(
    "host", ["api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"]
)
def test_these_hosts_are_paypals(host: str) -> None:
    _door().prove(a_knock(paypal_cert_url=f"https://{host}/v1/notifications/certs/CERT-1"), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "paypal-transmission-id",
        "paypal-transmission-time",
        "paypal-transmission-sig",
        "paypal-cert-url",
        "paypal-auth-algo",
    ],
)
def test_a_missing_header_is_refused(header: str) -> None:
    absent: dict[str, Any] = {header.replace("-", "_"): None}
    _refused(a_knock(**absent))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("paypal_transmission_id", "a|b"),
        ("paypal_transmission_id", "x" * 129),
        ("paypal_transmission_time", "2026-11-05 12:00"),
        ("paypal_transmission_sig", "not base64!"),
        ("paypal_transmission_sig", "AAAA" * 1000),
        ("paypal_transmission_sig", "AAAA"),
        ("paypal_auth_algo", "SHA1withRSA"),
        ("paypal_auth_algo", "SHA256withECDSA"),
    ],
)
def test_a_header_in_another_form_is_refused(header: str, value: str) -> None:
    changed: dict[str, Any] = {header: value}
    _refused(a_knock(**changed))


def test_sha_1_is_refused_whatever_the_header_says() -> None:
    _refused(a_knock(digest=SHA1()))  # noqa: S303 - that it is refused is what is tested
    _refused(a_knock(digest=SHA1(), paypal_auth_algo="SHA1withRSA"))  # noqa: S303 - the same


@pytest.mark.parametrize("name", ["paypal.com", "messages.paypal.com.evil.example", "evilpaypal.com"])
def test_a_certificate_of_another_name_is_refused(name: str) -> None:
    foreign = make_authority(name)
    _refused(a_knock(signer=foreign), door=_door(foreign, root=foreign.root))


def test_a_certificate_is_good_for_its_time_only_also_once_it_is_known() -> None:
    now = datetime.now(UTC)
    short = make_authority(since=now - timedelta(days=9), until=now - timedelta(days=2))
    door = _door(short, root=short.root)
    _refused(a_knock(signer=short), door=door)
    door.prove(a_knock(signer=short, at=(now - timedelta(days=5)).timestamp()), SECRET)
    _refused(a_knock(signer=short), door=door)
    _refused(a_knock(signer=short, at=(now - timedelta(days=30)).timestamp()), door=door)


def test_nobody_vouches_for_a_stand_in_where_paypal_itself_calls() -> None:
    _refused(a_knock(), door=_door(root=""))


@pytest.mark.parametrize("pem", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "<html>"])
def test_what_is_no_certificate_is_refused(pem: str) -> None:
    _refused(a_knock(), door=PayPalDoor(Shelf(pem), authority().root))


def test_a_certificate_is_fetched_once() -> None:
    shelf = Shelf(authority().certificate)
    door = PayPalDoor(shelf, authority().root)
    for _ in range(3):
        door.prove(a_knock(), SECRET)
    assert shelf.fetched == [ADDRESS]


@pytest.mark.parametrize("secret", [{}, {"webhook_ids": []}, {"webhook_ids": WEBHOOK_ID}, {"webhook_ids": ["", "x"]}])
def test_without_an_id_of_our_webhook_there_is_no_door(secret: dict[str, Any]) -> None:
    assert not _door().is_open(secret)
    _refused(a_knock(), secret)
    assert _door().is_open(SECRET)


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"id":"WH-1"}', b'{"id":"WH 1","event_type":"X"}', b"\xff"])
def test_what_is_no_event_has_no_name(payload: bytes) -> None:
    assert _door().name(a_knock(payload)) is None


def _published(server: StripeServer, status: int, body: str) -> bytes:
    server.answers.append((status, body))
    return PublishedCertificates(server.url).fetch(ADDRESS)


def test_a_certificate_is_fetched_as_it_is_published_without_being_led_elsewhere() -> None:
    with stripe_server() as server:
        assert _published(server, 200, "PEM") == b"PEM"
        assert server.asked[0].path == "/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
        for status in (302, 404):
            with pytest.raises(SignatureInvalid):
                _published(server, status, "")
        with pytest.raises(SignatureInvalid):
            _published(server, 200, "x" * (LARGEST_BYTES + 1))
        for status in (429, 500, 503):
            with pytest.raises(CertificatesUnavailable):
                _published(server, status, "")


def test_a_server_that_says_nothing_is_given_up_and_the_event_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.adapters.providers.paypal.certificates.TIMEOUT_SECONDS", 0.2)
    with stripe_server() as server:
        server.answers.append(None)
        with pytest.raises(CertificatesUnavailable):
            PublishedCertificates(server.url).fetch(ADDRESS)
    with pytest.raises(CertificatesUnavailable):
        PublishedCertificates("http://127.0.0.1:9").fetch(ADDRESS)


def test_a_server_that_sends_a_little_at_a_time_is_given_up_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.adapters.providers.paypal.certificates.TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                for _ in range(20):
                    connection.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(CertificatesUnavailable):
            PublishedCertificates(f"http://127.0.0.1:{listener.getsockname()[1]}").fetch(ADDRESS)
        thread.join()

"""Whoever makes addresses of certificates up does not keep PayPal's door busy with looking for them."""

from __future__ import annotations

import time

import pytest

from tests.simulators.paypal_world import WEBHOOK_ID, authority
from tests.unit.adapters.test_paypal_door import a_knock
from tollgate.adapters.providers.paypal.attempts import MOST_A_MINUTE
from tollgate.adapters.providers.paypal.certificates import Certificates, CertificatesUnavailable
from tollgate.adapters.providers.paypal.door import PayPalDoor
from tollgate.inbox.doors import SignatureInvalid

SECRET = {"webhook_ids": [WEBHOOK_ID]}
BASE = "https://api.paypal.com/v1/notifications/certs/"
NOW = time.time()


class Published(Certificates):
    """One certificate, and nothing at any other address; or no answer at all."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.silent = False

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.silent:
            raise CertificatesUnavailable("the certificate cannot be fetched")
        if url != f"{BASE}CERT-1":
            raise SignatureInvalid("no certificate at that address")
        return authority().certificate.encode()


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def door(published: Published) -> PayPalDoor:
    return PayPalDoor(published, authority().root)


def _knock(door: PayPalDoor, name: str, seconds: float = 0) -> None:
    door.prove(a_knock(at=NOW + seconds, paypal_cert_url=f"{BASE}{name}"), SECRET)


def test_where_there_is_no_certificate_nobody_looks_again_for_a_minute(door: PayPalDoor, published: Published) -> None:
    for seconds, fetched in ((0, 1), (59, 1), (61, 2)):
        with pytest.raises(SignatureInvalid):
            _knock(door, "CERT-2", seconds)
        assert len(published.fetched) == fetched


def test_where_nobody_answers_nobody_waits_again_for_a_minute(door: PayPalDoor, published: Published) -> None:
    published.silent = True
    for _ in range(3):
        with pytest.raises(CertificatesUnavailable):
            _knock(door, "CERT-1")
    assert len(published.fetched) == 1
    published.silent = False
    _knock(door, "CERT-1", 61)


def test_of_many_addresses_a_few_are_looked_for_and_the_others_told_to_come_again(
    door: PayPalDoor, published: Published
) -> None:
    _knock(door, "CERT-1")
    for number in range(MOST_A_MINUTE + 3):
        with pytest.raises((SignatureInvalid, CertificatesUnavailable)):
            _knock(door, f"CERT-X{number}", 1)
    with pytest.raises(CertificatesUnavailable):
        _knock(door, "CERT-Y", 2)
    assert len(published.fetched) == MOST_A_MINUTE
    _knock(door, "CERT-1", 3)
    with pytest.raises(SignatureInvalid):
        _knock(door, "CERT-Y", 63)

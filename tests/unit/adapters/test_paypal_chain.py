"""Who vouches for the certificate that signed: a root that is trusted, over what comes with it or is known here."""

from __future__ import annotations

import pytest

from local.simulators.paypal.authority import Authority, make_authority
from tests.simulators.paypal_world import WEBHOOK_ID
from tests.unit.adapters.test_paypal_door import Shelf, a_knock
from tollgate.adapters.providers.paypal.door import PayPalDoor
from tollgate.inbox.doors import SignatureInvalid

SECRET = {"webhook_ids": [WEBHOOK_ID]}


@pytest.fixture(scope="module")
def signer() -> Authority:
    return make_authority(steps=2)


def _prove(signer: Authority, pem: str, intermediates: object = None) -> None:
    secret = SECRET if intermediates is None else {**SECRET, "intermediates": intermediates}
    PayPalDoor(Shelf(pem), signer.root).prove(a_knock(signer=signer), secret)


def test_an_intermediate_that_comes_along_leads_to_the_root(signer: Authority) -> None:
    _prove(signer, signer.certificate + signer.intermediate)


def test_without_its_intermediate_nobody_vouches_for_a_certificate(signer: Authority) -> None:
    with pytest.raises(SignatureInvalid):
        _prove(signer, signer.certificate)
    with pytest.raises(SignatureInvalid):
        _prove(signer, signer.certificate + make_authority(steps=2).intermediate)


def test_an_intermediate_that_paypal_leaves_out_can_be_told_to_us(signer: Authority) -> None:
    _prove(signer, signer.certificate, ["not a certificate", signer.intermediate])


@pytest.mark.parametrize("told", [[], "", ["-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"], [7], {}])
def test_what_is_told_wrongly_vouches_for_nobody(signer: Authority, told: object) -> None:
    with pytest.raises(SignatureInvalid):
        _prove(signer, signer.certificate, told)


def test_an_intermediate_that_is_told_to_us_is_no_root() -> None:
    """It has to be vouched for itself."""
    stranger = make_authority(steps=2)
    with pytest.raises(SignatureInvalid):
        PayPalDoor(Shelf(stranger.certificate), make_authority().root).prove(
            a_knock(signer=stranger), {**SECRET, "intermediates": [stranger.intermediate]}
        )

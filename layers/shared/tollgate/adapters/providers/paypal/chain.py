"""Whether a certificate is PayPal's: issued by somebody trusted, within its time, for a name of PayPal's."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.httpsession import get_cert_path
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tollgate.inbox.doors import SignatureInvalid

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NAME_ENDS_WITH = ".paypal.com"
_SMALLEST_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Proven:
    """The key of a certificate that was found to be PayPal's, and for how long it is."""

    key: RSAPublicKey
    since: datetime
    until: datetime

    def verify(self, signature: bytes, text: bytes, at: datetime) -> bool:
        """RSA with PKCS #1 v1.5 and SHA-256, and nothing else."""
        if not self.since <= at <= self.until:
            return False
        try:
            self.key.verify(signature, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def trusted(test_root: str) -> Store:
    """Those whom the AWS clients trust; or, where there is a stand-in, its own root alone: a DER in base64."""
    if test_root:
        return Store([x509.load_der_x509_certificate(base64.b64decode(test_root))])
    return Store(list(_readable(Path(str(get_cert_path(True))).read_bytes())))


def _readable(bundle: bytes) -> Iterator[x509.Certificate]:
    """What is not as it should be is passed over: a few old roots, which are not needed, and what somebody mistyped."""
    for pem in _PEM.findall(bundle):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                yield x509.load_pem_x509_certificate(pem)
            except (ValueError, Warning):
                continue


def proven(pem: bytes, store: Store, at: datetime, intermediates: str = "") -> Proven:
    """Raises `SignatureInvalid` for what is no chain of PayPal's. `intermediates` are PEM as well, for a certificate
    that comes without its own; they vouch for nobody unless somebody trusted vouches for them.
    """
    try:
        leaf, *others = x509.load_pem_x509_certificates(pem)
        others += _readable(intermediates.encode())
        name = _common_name(leaf)
        builder = PolicyBuilder().store(store).time(at)
        chain = builder.build_server_verifier(x509.DNSName(name)).verify(leaf, others)
    except (ValueError, VerificationError) as error:
        raise SignatureInvalid("not a certificate of PayPal's") from error
    key = leaf.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise SignatureInvalid("not a key of PayPal's")
    since, until = (each.not_valid_before_utc for each in chain), (each.not_valid_after_utc for each in chain)
    return Proven(key, max(since), min(until))


def _common_name(leaf: x509.Certificate) -> str:
    names = [str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or not names[0].endswith(_NAME_ENDS_WITH):
        raise ValueError("another name")
    return names[0]


def wall(seconds: float) -> datetime:
    """Certificates are held against the machine's own time, which nobody can move."""
    return datetime.fromtimestamp(seconds, UTC)

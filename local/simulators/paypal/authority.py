"""A certificate authority of its own, and a certificate as PayPal's: webhooks are proven with it here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "messageverificationcerts.paypal.com"
_YEARS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Authority:
    """`root` is DER in base64, as the stack's parameter takes it; certificate and key are PEM, and so is what stands
    between the root and the certificate, if anything does.
    """

    root: str
    certificate: str
    key: str
    intermediate: str = ""


def make_authority(
    name: str = NAME,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    steps: int = 1,
) -> Authority:
    """Valid from yesterday for ten years, unless told otherwise. With two `steps` the root vouches for an intermediate,
    and that for the certificate.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    begin = since or datetime.now(UTC) - timedelta(days=1)
    end = until or begin + _YEARS
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tollgate's stand-in for PayPal")])
    root = _vouching(_begun(issuer, issuer, root_key.public_key(), begin, end), root_key, root_key, steps - 1)
    between, signer = None, root_key
    if steps > 1:
        signer, above = ec.generate_private_key(ec.SECP256R1()), issuer
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "One between")])
        between = _vouching(_begun(issuer, above, signer.public_key(), begin, end), signer, root_key, 0)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = (
        _begun(subject, issuer, key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return Authority(
        base64.b64encode(root.public_bytes(Encoding.DER)).decode(),
        leaf.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        between.public_bytes(Encoding.PEM).decode() if between else "",
    )


def _vouching(
    begun: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    below: int,
) -> x509.Certificate:
    """A certificate that vouches for others, with so many more of its kind below it."""
    return (
        begun.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), since, until)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )

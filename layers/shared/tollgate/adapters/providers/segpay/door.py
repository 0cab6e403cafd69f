"""Segpay's webhook. It signs nothing: it calls with a password, from addresses of its own, and what it says of a sale
is held against our own proof when it is read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl

from tollgate.adapters.providers.segpay.references import reference_keys
from tollgate.adapters.providers.segpay.told import FIELDS
from tollgate.adapters.providers.stripe.signature import verify
from tollgate.inbox.doors import Door, Knock, Named, SignatureInvalid, Thanks, named
from tollgate.kernel.secrets import valid_secrets

HEADER = "segpay-signature"
_MOST_FIELDS = 200
_TRANSACTIONS = ("auth", "void")
_REFERENCES = ("ref1", "ref2", "ref3", "ref4", "ref5")
_FORM = "application/x-www-form-urlencoded"


class SegpayDoor(Door):
    """The secret is `{"basic": [{"user", "password"}], "ref_keys": [...], "source_ips": [...], "signing_secrets":
    [...]}`. Every proof that is set up is asked for, and a password or a signature must be: an address alone is none.

    A signature is not Segpay's. It is that of a proxy of ours in front of this, in Stripe's manner, over method, query
    and body.
    """

    def __init__(self, answer: str) -> None:
        self._answer = answer

    @property
    def methods(self) -> frozenset[str]:
        return frozenset({"GET", "POST"})

    def is_open(self, secret: Mapping[str, Any]) -> bool:
        proofs = _passwords(secret) or valid_secrets(secret.get("signing_secrets"))
        return bool(proofs and reference_keys(secret)) and _networks(secret) is not None

    def prove(self, knock: Knock, secret: Mapping[str, Any]) -> None:
        networks = _networks(secret)
        if networks is None or (networks and not _is_within(knock.source, networks)):
            raise SignatureInvalid("not from an address of Segpay's")
        if passwords := _passwords(secret):
            _prove_password(knock.headers.get("authorization", ""), passwords)
        if signing := valid_secrets(secret.get("signing_secrets")):
            signed = f"{knock.method}\n{knock.query}\n".encode(errors="replace") + knock.payload
            verify(signed, knock.headers.get(HEADER), signing, knock.at)

    def name(self, knock: Knock) -> Named | None:
        """What is kept is what is needed, in an order of our own: the same postback is the same bytes."""
        fields = _fields(knock)
        if not fields.get("action"):
            return None
        kept = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
        word = {name: fields.get(name, "").lower() for name in ("action", "trantype", "stage", "approved")}
        # A membership that is cancelled, or a probe of the address, is no transaction, whichever it may name.
        transaction = fields.get("tranid") if word["action"] in _TRANSACTIONS else None
        subject = transaction or hashlib.sha256(kept).hexdigest()[:32]
        type_ = ".".join(filter(None, (word["action"], word["trantype"])))
        return named(".".join((subject, *word.values())), type_, kept)

    def thanks(self, *, duplicate: bool) -> Thanks:
        """Segpay compares the body with a text that is set in its portal."""
        return Thanks("text/plain", self._answer)


def _passwords(secret: Mapping[str, Any]) -> tuple[str, ...]:
    """As `user:password`, two while one is rotated."""
    pairs = secret.get("basic")
    found = [each for each in pairs if isinstance(each, dict)] if isinstance(pairs, list) else []
    return tuple(
        f"{each['user']}:{each['password']}"
        for each in found
        if isinstance(each.get("user"), str) and each["user"] and valid_secrets([each.get("password")])
    )


def _prove_password(header: str, passwords: tuple[str, ...]) -> None:
    scheme, _, given = header.partition(" ")
    try:
        sent = base64.b64decode(given.strip(), validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        sent = b""
    # Every pair is compared, so that the time taken says nothing about which one came close.
    matches = [hmac.compare_digest(each.encode(), sent) for each in passwords]
    if not any(matches):
        raise SignatureInvalid("no password matches")


def _networks(secret: Mapping[str, Any]) -> list[IPv4Network | IPv6Network] | None:
    """Addresses and ranges; none where every address is let in, and None for a list that cannot be read."""
    listed = secret.get("source_ips") or []
    try:
        return [ip_network(str(each)) for each in listed] if isinstance(listed, list) else None
    except ValueError:
        return None


def _is_within(source: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(source)
    except ValueError:
        return False
    return any(address in each for each in networks)


def _fields(knock: Knock) -> dict[str, str]:
    """Of the query, and of a form. Empty for what says two different things of one field.

    Whatever a buyer adds to a link comes back as `extra <name>`: but for our references, it is no word of
    Segpay's.
    """
    form = knock.payload if knock.headers.get("content-type", _FORM).startswith(_FORM) else b""
    found: dict[str, str] = {}
    for text in (knock.query, form.decode(errors="replace")):
        try:
            pairs = parse_qsl(text, max_num_fields=_MOST_FIELDS, errors="replace")
        except ValueError:
            return {}
        for name, value in pairs:
            known = _known(name)
            if known is not None and found.setdefault(known, value.strip()) != value.strip():
                return {}
    return found


def _known(name: str) -> str | None:
    plain = name.strip().lower()
    ours = plain.removeprefix("extra").strip(" _")
    if ours in _REFERENCES:
        return ours
    return plain if plain in FIELDS else None

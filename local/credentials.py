"""The local stack's secrets: from the environment where given, otherwise made once and kept in the state folder."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.simulators.paypal.authority import Authority, make_authority

ISSUER = "https://auth.tollgate.local"
AUDIENCE = "tollgate"
SERVICE = "local-backend"
TOKEN_SERVICE = "platform"
# The one that the stack has by itself.
CONSUMER = "funnel"
# Package and price point of the simulated account, by currency.
SEGPAY_PACKAGES = {"USD": "100001:1", "EUR": "100002:2"}
# Those that charge again.
SEGPAY_PLANS = {"USD": "100011:11", "EUR": "100012:12"}
_NAMES = frozenset(
    {
        "stripe_key",
        "webhook_secret",
        "segpay_key",
        "segpay_password",
        "segpay_reference_key",
        "square_token",
        "square_key",
        "mock_secret",
        "internal_token",
        "service_secret",
        "gift_card_key",
        "group_payment_key",
        "consumer_secret",
        "paypal_client_id",
        "paypal_client_secret",
        "paypal_webhook_id",
        "paypal_root",
        "paypal_certificate",
        "paypal_key",
        "key_id",
        "private_key",
        "public_key",
    }
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything a client needs to be let in. The plural secrets hold two values while rotating."""

    stripe_key: str
    webhook_secrets: tuple[str, ...]
    segpay_key: str
    segpay_password: str
    segpay_reference_key: str
    square_token: str
    square_keys: tuple[str, ...]
    mock_secret: str
    internal_token: str
    service_secrets: tuple[str, ...]
    gift_card_keys: tuple[str, ...]
    group_payment_keys: tuple[str, ...]
    consumer_secrets: tuple[str, ...]
    paypal_client: tuple[str, str]
    paypal_webhook_id: str
    paypal_authority: Authority
    key_id: str
    private_key: str
    public_key: str

    def documents(self, webhooks: str) -> dict[str, dict[str, Any]]:
        """Secret name below the prefix → the JSON document that the functions read. Square signs the address at which
        it finds us, below `webhooks`.
        """
        return {
            "stripe/api": {"secret_key": self.stripe_key},
            "stripe/webhook": {"signing_secrets": list(self.webhook_secrets)},
            "segpay/api": {
                **self.segpay_account(),
                "eticket_ids": SEGPAY_PACKAGES,
                "recurring_eticket_ids": SEGPAY_PLANS,
                "settled_after_days": 7,
            },
            "segpay/webhook": {
                "basic": [{"user": "segpay", "password": self.segpay_password}],
                "ref_keys": [self.segpay_reference_key],
            },
            "square/api": {"access_token": self.square_token},
            "square/webhook": {"signing_keys": list(self.square_keys), "notification_url": f"{webhooks}/square"},
            "paypal/api": dict(zip(("client_id", "client_secret"), self.paypal_client, strict=True)),
            "paypal/webhook": {"webhook_ids": [self.paypal_webhook_id]},
            "mock/webhook": {"signing_secrets": [self.mock_secret]},
            "auth": {
                "jwt": {"issuer": ISSUER, "audience": AUDIENCE, "public_keys": {self.key_id: self.public_key}},
                "internal_tokens": [{"token": self.internal_token, "service": TOKEN_SERVICE, "tenants": ["*"]}],
                "services": {SERVICE: {"secrets": list(self.service_secrets), "tenants": ["*"]}},
            },
            "gift_cards": {"keys": list(self.gift_card_keys)},
            "group_payments": {"keys": list(self.group_payment_keys)},
            f"consumers/{CONSUMER}": {"signing_secrets": list(self.consumer_secrets)},
        }

    def segpay_account(self) -> dict[str, str]:
        """Who calls Segpay's services."""
        return {"merchant_id": "20001", "user_id": "local", "user_access_key": self.segpay_key}


def load_credentials(state_dir: Path, env: Mapping[str, str] | None = None) -> Credentials:
    """Read or make the credentials; values in the environment win on every start and are not written down."""
    env = os.environ if env is None else env
    kept = _kept(state_dir / "credentials.json")
    return Credentials(
        stripe_key=_listed(env, "STRIPE_SECRET_KEY", kept["stripe_key"])[0],
        webhook_secrets=_listed(env, "STRIPE_WEBHOOK_SECRET", kept["webhook_secret"]),
        segpay_key=kept["segpay_key"],
        segpay_password=kept["segpay_password"],
        segpay_reference_key=kept["segpay_reference_key"],
        square_token=_listed(env, "SQUARE_ACCESS_TOKEN", kept["square_token"])[0],
        square_keys=_listed(env, "SQUARE_WEBHOOK_KEY", kept["square_key"]),
        mock_secret=kept["mock_secret"],
        internal_token=_listed(env, "PLATFORM_INTERNAL_TOKEN", kept["internal_token"])[0],
        service_secrets=_listed(env, "INTERNAL_SERVICE_SECRET", kept["service_secret"]),
        gift_card_keys=_listed(env, "GIFT_CARD_KEY", kept["gift_card_key"]),
        group_payment_keys=_listed(env, "GROUP_PAYMENT_KEY", kept["group_payment_key"]),
        consumer_secrets=_listed(env, "PAYMENTS_CONSUMER_FUNNEL_SECRET", kept["consumer_secret"]),
        paypal_client=(kept["paypal_client_id"], kept["paypal_client_secret"]),
        paypal_webhook_id=kept["paypal_webhook_id"],
        paypal_authority=Authority(kept["paypal_root"], kept["paypal_certificate"], kept["paypal_key"]),
        key_id=kept["key_id"],
        private_key=kept["private_key"],
        public_key=kept["public_key"],
    )


def _listed(env: Mapping[str, str], name: str, otherwise: str) -> tuple[str, ...]:
    given = tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())
    return given or (otherwise,)


def _kept(file: Path) -> dict[str, str]:
    """What was made once; secrets that a newer version knows are added."""
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if not kept.keys() >= _NAMES:
        kept = _made() | kept
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(kept, indent=2))
        fresh.replace(file)
    return kept


def _made() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    paypal = make_authority()
    return {
        "stripe_key": f"sk_test_{secrets.token_hex(24)}",
        "webhook_secret": f"whsec_{secrets.token_hex(24)}",
        "segpay_key": secrets.token_urlsafe(24),
        "segpay_password": secrets.token_urlsafe(24),
        "segpay_reference_key": secrets.token_urlsafe(32),
        "square_token": f"EAAAlocal{secrets.token_hex(24)}",
        "square_key": secrets.token_urlsafe(24),
        "mock_secret": f"whsec_{secrets.token_hex(24)}",
        "internal_token": secrets.token_urlsafe(32),
        "service_secret": secrets.token_urlsafe(32),
        "gift_card_key": secrets.token_urlsafe(32),
        "group_payment_key": secrets.token_urlsafe(32),
        "consumer_secret": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        "paypal_client_id": secrets.token_hex(24),
        "paypal_client_secret": secrets.token_hex(24),
        "paypal_webhook_id": secrets.token_hex(9).upper(),
        "paypal_root": paypal.root,
        "paypal_certificate": paypal.certificate,
        "paypal_key": paypal.key,
        "key_id": f"local-{secrets.token_hex(4)}",
        "private_key": private.decode(),
        "public_key": public.decode(),
    }

"""The proof that what comes back is about what we sent. Segpay signs nothing, and the buyer can change a link."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from tollgate.adapters.providers.segpay.told import Told
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.kernel.secrets import valid_secrets


def reference_keys(secret: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the secret `segpay/webhook`, two while one is rotated: the first makes new proofs."""
    return valid_secrets(secret.get("ref_keys"))


def proof(key: str, tenant: str, payment_id: str, money: Money) -> str:
    """HMAC-SHA256 in hex over `payment|minor units|currency|tenant`; only the last could hold the sign between them."""
    return _hmac(key, f"{payment_id}|{money.amount}|{money.currency}|{tenant}")


def plan_proof(key: str, tenant: str, payment_id: str, subscription_id: str, schedule: str) -> str:
    """The same over `subscription|payment|schedule|tenant`. Postbacks of later periods repeat what was sent with the
    link: so what is proven must not be what they cost, but all that comes back unchanged for years.
    """
    return _hmac(key, f"{subscription_id}|{payment_id}|{schedule}|{tenant}")


def fits(told: Told, keys: Sequence[str]) -> bool:
    """Whether the ids, and the amount or the schedule, are those of a link that we made, under any of the keys."""
    try:
        expected = [_expected(told, key) for key in keys]
    except (ValueError, TollgateError):
        return False
    given = told.ref1.lower().encode(errors="replace")
    # Every one is compared, so that the time taken says nothing about which key came close.
    matches = [hmac.compare_digest(each.encode(), given) for each in expected]
    return any(matches)


def _expected(told: Told, key: str) -> str:
    if told.is_of_a_plan:
        return plan_proof(key, told.ref3, told.ref2, told.ref4, told.ref5)
    return proof(key, told.ref3, told.ref2, told.money)


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

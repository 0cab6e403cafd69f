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
    text = f"{payment_id}|{money.amount}|{money.currency}|{tenant}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def fits(told: Told, keys: Sequence[str]) -> bool:
    """Whether the amount and the ids are those of a link that we made, under any of the keys."""
    try:
        expected = [proof(key, told.ref3, told.ref2, told.money) for key in keys]
    except (ValueError, TollgateError):
        return False
    given = told.ref1.lower().encode(errors="replace")
    # Every one is compared, so that the time taken says nothing about which key came close.
    matches = [hmac.compare_digest(each.encode(), given) for each in expected]
    return any(matches)

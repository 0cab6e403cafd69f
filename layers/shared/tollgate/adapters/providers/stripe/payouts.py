"""Payouts in Stripe's words, without its SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe, payout_to_stripe
from tollgate.kernel.money import Money
from tollgate.payouts.model import Payout, PayoutReport, PayoutState
from tollgate.payouts.notices import PayoutNotice

TENANT, PAYOUT = "tollgate_tenant", "tollgate_payout"

# What is neither there nor back is on its way.
_STATES = {"paid": PayoutState.PAID, "failed": PayoutState.FAILED, "canceled": PayoutState.FAILED}


def payout_parameters(payout: Payout) -> str:
    """All parameters of `POST /v1/transfers` and `POST /v1/payouts`. The metadata is what its events, and our question
    later, are found by. Raises `ValidationFailed` for an amount that Stripe does not take.
    """
    money = {
        "amount": payout_to_stripe(Money(payout.net, payout.currency)),
        "currency": payout.currency.lower(),
        "metadata": {TENANT: payout.tenant, PAYOUT: payout.id},
    }
    parameters = {
        "transfer": {**money, "destination": payout.account},
        "payout": {
            **money,
            "method": "instant" if payout.instant else "standard",
            "stripe_account": payout.account,
        },
    }
    return json.dumps(parameters, separators=(",", ":"))


def report_of_payout(payout: Mapping[str, Any]) -> PayoutReport:
    """What a payout in its present state says."""
    state = _STATES.get(payout["status"], PayoutState.SENT)
    reason = (payout.get("failure_code") or payout["status"]) if state is PayoutState.FAILED else None
    return PayoutReport(state, reference=payout["id"], reason=reason)


def payout_notice(payout: Mapping[str, Any], account: object) -> PayoutNotice | None:
    """What an event about a payout says; None for one that is not ours."""
    echo = payout.get("metadata") or {}
    if PAYOUT not in echo or TENANT not in echo:
        return None
    if not isinstance(echo[PAYOUT], str) or not isinstance(echo[TENANT], str):
        raise TypeError("not a text")
    return PayoutNotice(
        tenant=echo[TENANT],
        payout_id=echo[PAYOUT],
        account=account if isinstance(account, str) else None,
        amount=from_stripe(payout["amount"], payout["currency"]),
        report=report_of_payout(payout),
    )

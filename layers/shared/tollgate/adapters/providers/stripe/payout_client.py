"""Payouts at Stripe: a transfer to the seller's connected account, then a payout from it, over the same client as the
checkouts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import stripe

from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.adapters.providers.stripe.payouts import PAYOUT, payout_parameters, report_of_payout
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.clock import epoch
from tollgate.payouts.model import Payout
from tollgate.payouts.providers import (
    Answered,
    FindOutcome,
    Found,
    PayoutOutcome,
    PayoutProvider,
    TakeBackOutcome,
    TakenBack,
    TransferOutcome,
    Transferred,
)

# For clocks that disagree: nothing of a payout was made before it was asked for.
_EARLIER = timedelta(hours=1)
_NO_CREDENTIALS = Unreachable("no credentials", credentials_refused=True)


class StripePayouts(PayoutProvider):
    """`client` gives the SDK's client, or None where there are no credentials."""

    def __init__(self, client: Callable[[], stripe.StripeClient | None]) -> None:
        self._client = client

    @property
    def window(self) -> timedelta:
        # Stripe keeps keys "at least 24 hours"; an hour is left for clocks that disagree.
        return timedelta(hours=23)

    def parameters(self, payout: Payout) -> str:
        return payout_parameters(payout)

    def transfer(self, parameters: str, key: str) -> TransferOutcome:
        answer = self._post("/v1/transfers", json.loads(parameters)["transfer"], key)
        return Transferred(answer["id"]) if isinstance(answer, dict) else answer

    def pay_out(self, parameters: str, key: str) -> PayoutOutcome:
        answer = self._post("/v1/payouts", json.loads(parameters)["payout"], key)
        return Answered(report_of_payout(answer)) if isinstance(answer, dict) else answer

    def find(self, payout: Payout) -> FindOutcome:
        since = {"created": {"gte": epoch(payout.created_at - _EARLIER)}, "limit": 100}
        try:
            client = self._client()
            if client is None:
                return _NO_CREDENTIALS
            wanted: Any = {**since, "destination": payout.account}
            transfer = _ours(client.v1.transfers.list(wanted).auto_paging_iter(), payout)
            options: Any = {"stripe_account": payout.account}
            listed: Any = since
            sent = _ours(client.v1.payouts.list(listed, options).auto_paging_iter(), payout)
        except stripe.StripeError as error:
            return outcome_of(error)
        return Found(str(transfer["id"]) if transfer else None, report_of_payout(sent) if sent else None)

    def take_back(self, payout: Payout, key: str) -> TakeBackOutcome:
        try:
            client = self._client()
            if client is None:
                return _NO_CREDENTIALS
            # A key is forgotten after a day; that a transfer was reversed is not.
            if client.v1.transfers.retrieve(str(payout.transfer)).reversed:
                return TakenBack()
        except stripe.StripeError as error:
            return outcome_of(error)
        answer = self._post(f"/v1/transfers/{payout.transfer}/reversals", {}, key)
        return TakenBack() if isinstance(answer, dict) else answer

    def _post(self, path: str, parameters: Any, key: str) -> dict[str, Any] | Rejected | Unreachable | Unknown:
        try:
            client = self._client()
            if client is None:
                return _NO_CREDENTIALS
            answer: Any = client.raw_request("post", path, idempotency_key=key, **parameters)
        except stripe.IdempotencyError as error:
            # Something was sent under this key before, and nothing is known about it.
            return Unknown(type(error).__name__, key_spent=True, told=True)
        except stripe.StripeError as error:
            return outcome_of(error)
        return dict(answer.data)


def _ours(listed: Iterable[Any], payout: Payout) -> dict[str, Any] | None:
    for each in listed:
        found: dict[str, Any] = each.to_dict()
        if (found.get("metadata") or {}).get(PAYOUT) == payout.id:
            return found
    return None

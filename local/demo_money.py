"""The second chapter: money that goes back. And the last one: the books."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from local.demo_voice import DemoError, answered_alike, refusal, signed_in, tell, until


class Books:
    """What the tenant's admin does and sees, over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._admin = signed_in(http, sub="demo-admin", role="admin")

    def refund(self, payment: str, amount: int) -> None:
        """Part of it goes back; the same request again is the same refund."""
        key = str(uuid.uuid4())
        asked_twice = [self._ask(payment, amount, key) for _ in range(2)]
        given = answered_alike(asked_twice, "a refund")["refund"]
        tell("refund", f"{given['amount']} minor units, {given['status']}; asked for twice, made once")
        tell("more than was paid", refusal(self._ask(payment, 10**9, str(uuid.uuid4())), 422))

    def _ask(self, payment: str, amount: int, key: str) -> httpx.Response:
        headers = {**self._admin, "idempotency-key": key}
        return self._http.post(f"/transactions/{payment}/refund", json={"amount": amount}, headers=headers)

    def projected(self) -> dict[str, Any]:
        """The trial balance, once the projector has what was just posted."""
        return until(self._trial_balance, _complete, "projected, all of the ledger,")

    def trial_balance(self, venue: str) -> None:
        """The venue's accounts and the sum of each kind."""
        found = self.projected()
        for currency in found["currencies"]:
            for account in currency["accounts"]:
                if account["account"].endswith(f":{venue}"):
                    tell(account["account"], f"{account['balance']} minor units")
            for kind, amount in currency["byKind"].items():
                tell(kind, f"{amount:>12} {currency['currency']}")
            tell("all together", f"{currency['total']:>12} {currency['currency']}")
        if not found["balanced"]:
            raise DemoError("The books do not balance.")

    def _trial_balance(self) -> dict[str, Any]:
        answer = self._http.get("/admin/ledger/trial-balance", headers=self._admin)
        return dict(answer.raise_for_status().json())


def _complete(books: dict[str, Any]) -> bool:
    return bool(books["steady"]) and books["notYetProjected"]["entries"] == 0

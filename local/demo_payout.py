"""The third chapter: from a sale to the venue's bank account."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from local.demo_voice import DemoError, answered_alike, refusal, signed_in, tell, until

_STRIPE = "/simulators/stripe"
_DAY = 86_400
# After two days everything that an earlier visitor left open is due too, and each takes a moment.
_ALL_THAT_IS_DUE_SECONDS = 240.0
# Stripe pays out of what the platform has there, from all that was ever bought and given back on this stack.
_REFUSED_BY_STRIPE = 502
_RESET = "Next: python -m local reset"


class Payday:
    """What a venue's owner and the tenant's admin do and see, over HTTP."""

    def __init__(self, http: httpx.Client, venue: str) -> None:
        self._http = http
        self._venue = f"/api/v1/venues/{venue}"
        self._owner = signed_in(http, sub=f"owner-of-{venue}", role="venue_owner", venues=[venue])
        self._admin = signed_in(http, sub="demo-admin", role="admin")

    def not_yet_payable(self) -> None:
        """What was sold is the venue's, but the provider has not paid it out."""
        balance = self._balance()
        if not balance["pending"] or balance["payable"]:
            raise DemoError(f"Pending was expected, and nothing payable: {balance}")
        self._tell(balance)

    def settle(self) -> int:
        """Time passes until the provider has paid out, and the reconciler's schedule with it. Returns what is payable
        then, in minor units.
        """
        self._later(2 * _DAY)
        balance = until(self._balance, _is_settled, "settled by the reconciler", patience=_ALL_THAT_IS_DUE_SECONDS)
        self._tell(balance)
        return int(balance["payable"])

    def connect(self) -> str:
        """The venue opens an account at Stripe, and the admin says that it is theirs. Returns its id."""
        key = self._get("/local/info")["secrets"]["stripe_secret_key"]
        wanted = {"type": "express", "capabilities[transfers][requested]": "true"}
        made = self._http.post(f"{_STRIPE}/v1/accounts", data=wanted, headers={"authorization": f"Bearer {key}"})
        account = str(made.raise_for_status().json()["id"])
        onboarded = self._http.post(f"{_STRIPE}/control/accounts/{account}", json={"payouts_enabled": True})
        onboarded.raise_for_status()
        body = {"stripeAccount": account}
        self._http.put(f"{self._venue}/account", json=body, headers=self._admin).raise_for_status()
        tell("account", account)
        return account

    def pay_out(self, amount: int) -> str:
        """All that is payable, asked for twice; then as much again, which is not there. Returns the payout's id."""
        key = str(uuid.uuid4())
        answers = [self._ask(amount, key) for _ in range(2)]
        if answers[0].status_code == _REFUSED_BY_STRIPE:
            raise DemoError(f"{answers[0].text}\nEarlier refunds may have left too little there.\n{_RESET}")
        made = answered_alike(answers, "a payout")
        listed = self._get(f"{self._venue}/payouts", self._owner)["payouts"]
        if [payout["id"] for payout in listed] != [made["payoutId"]]:
            raise DemoError(f"One payout was expected, and these were made: {listed}")
        tell("payout", f"{made['amount']} minor units, {made['status']}; asked for twice, made once")
        tell("another key", refusal(self._ask(amount, str(uuid.uuid4())), 422))
        return str(made["payoutId"])

    def arrive(self, account: str, payout: str) -> None:
        """The bank has it on the day that Stripe promised, and Stripe's webhook says so."""
        state = self._get(f"{_STRIPE}/control/state")
        (arrival,) = (each["arrival_date"] for each in state["payouts"] if each["account"] == account)
        self._later(arrival - state["now"] + 1)
        address = f"{self._venue}/payouts/{payout}"
        shown = until(
            lambda: self._get(address, self._owner)["payout"], lambda it: it["status"] == "paid", "paid by the bank"
        )
        tell("status", f"{shown['status']}, {shown['net']} minor units")
        self._tell(self._balance())

    def _tell(self, balance: dict[str, Any]) -> None:
        for name in ("pending", "available", "reserved", "payable"):
            tell(name, f"{balance[name]} minor units")

    def _balance(self) -> dict[str, Any]:
        shown = self._get(f"{self._venue}/balance", self._owner)
        return {**shown["balance"], **shown["payoutInfo"]}

    def _ask(self, amount: int, key: str) -> httpx.Response:
        headers = {**self._owner, "idempotency-key": key}
        return self._http.post(f"{self._venue}/payout", json={"amount": amount}, headers=headers)

    def _later(self, seconds: float) -> None:
        self._http.post("/local/clock", json={"advance_seconds": seconds}).raise_for_status()
        tell("domain clock", f"{seconds / _DAY:.1f} days later")

    def _get(self, path: str, who: dict[str, str] | None = None) -> dict[str, Any]:
        return dict(self._http.get(path, headers=who).raise_for_status().json())


def _is_settled(balance: dict[str, Any]) -> bool:
    return bool(balance["payable"]) and not balance["pending"]

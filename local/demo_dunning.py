"""A subscription whose renewal fails, and the week after: recovered on the third try in one run, given up in another.
The clock is moved, and the state machine that is deployed does the rest.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx

from local.demo_voice import PATIENCE_SECONDS, DemoError, say, signed_in, tell, until

_CARD = "4242424242424242"
_PAGES = {"successUrl": "http://localhost:3000/thanks", "cancelUrl": "http://localhost:3000/plans"}
_STRIPE = "/simulators/stripe/control"
# Stripe leaves a new invoice alone for an hour before it charges it.
_DRAFT = timedelta(hours=1, minutes=1)
# What is worth a line of the timeline.
_TOLD = {
    "activated": "the first month is paid",
    "grace_started": "the renewal could not be charged; access stays for seven days",
    "payment_failed": "tried again, and declined again",
    "reminded": "the user is reminded by mail",
    "grace_ended": "the grace period is over",
    "renewed": "another month is paid",
    "failed": "given up: back to what is free",
}


class DunningDemo:
    """Against a stack that is up, over HTTP, as any client's requests would go."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=PATIENCE_SECONDS, trust_env=False)
        self._user: dict[str, str] = {}

    def run(self) -> int:
        """Tell both stories; 0 when they ended as promised."""
        try:
            with self._http:
                self._story("The third try recovers it", declines=3, end="active")
                self._story("The last try fails, too", declines=9, end="unpaid")
        except httpx.HTTPStatusError as error:
            raise DemoError(f"{error}\n{error.response.text}\nNext: python -m local logs") from error
        except httpx.TransportError as error:
            raise DemoError(f"The stack does not answer any more ({error}).\nNext: make demo-dunning") from error
        say("Both stories ended as they should. The clock stays where it is; `make reset` puts it back.")
        return 0

    def _story(self, title: str, *, declines: int, end: str) -> None:
        say(f"{title}.")
        self._user = signed_in(self._http, sub=f"demo-member-{uuid.uuid4().hex[:8]}")
        of = self._subscribe()
        tell("subscription", f"{of['id']}, {of['pricingItemCode']}, {of['status']} until {of['currentPeriodEnd'][:10]}")
        at_stripe = self._at_stripe(of["id"])
        self._post(f"{_STRIPE}/subscriptions/{at_stripe}/decline", {"code": "insufficient_funds", "times": declines})
        self._move_to(_instant(of["currentPeriodEnd"]) + _DRAFT)
        owing = self._until(of["id"], lambda it: it["status"] == "past_due", "past due")
        since = _instant(owing["pastDue"]["since"])
        for day in range(1, 8):
            self._move_to(since + timedelta(days=day, minutes=5))
            self._day(of["id"], day)
        after = self._until(of["id"], lambda it: it["status"] == end, end)
        self._timeline(after, since)

    def _subscribe(self) -> dict[str, Any]:
        body = {"pricingItemCode": "gold_month", "customerEmail": "member@example.com", **_PAGES}
        ordered = self._post("/subscriptions", body, {**self._user, "idempotency-key": str(uuid.uuid4())})
        self._post(f"{_STRIPE}/sessions/{ordered['providerCheckoutSessionId']}/pay", {"card": _CARD})
        return self._until(ordered["id"], lambda it: it["status"] == "active", "active")

    def _day(self, id_: str, day: int) -> None:
        """What is planned for it has happened before the clock moves on."""
        wanted = {1: "payment_failed", 2: "reminded", 3: "payment_failed", 6: "reminded", 7: "grace_ended"}.get(day)
        if wanted is None:
            return
        times = {1: 1, 2: 1, 3: 2, 6: 2, 7: 1}[day]
        self._until(id_, lambda it: _count(it, wanted) >= times, f"{wanted} on day {day}")

    def _timeline(self, of: dict[str, Any], since: datetime) -> None:
        for step in reversed(of["history"]):
            name = step["type"].removeprefix("payments.subscription.")
            if name in _TOLD:
                day = (_instant(step["occurredAt"]) - since) / timedelta(days=1)
                tell(f"day {day:5.1f}", f"{name}: {_TOLD[name]}")
        tell("in the end", of["status"])

    def _at_stripe(self, id_: str) -> str:
        """Stripe's name of it, from its own books."""
        records = self._service(f"/internal/payments/subscriptions?consumerTenantId=demo&userId={self._name(id_)}")
        return str(records["subscriptions"][0]["providerSubscriptionId"])

    def _name(self, id_: str) -> str:
        return str(self._show(id_)["userId"])

    def _service(self, path: str) -> dict[str, Any]:
        info = self._http.get("/local/info").raise_for_status().json()
        headers = {"x-platform-internal-token": info["secrets"]["internal_token"], "x-tenant-id": "demo"}
        return dict(self._http.get(path, headers=headers).raise_for_status().json())

    def _show(self, id_: str) -> dict[str, Any]:
        return dict(self._http.get(f"/subscriptions/{id_}", headers=self._user).raise_for_status().json())

    def _until(self, id_: str, done: Any, what: str) -> dict[str, Any]:
        return until(lambda: self._show(id_), done, what)

    def _move_to(self, moment: datetime) -> None:
        """Forward only; tokens follow the wall clock, and stay good."""
        now = _instant(self._http.get("/local/clock").raise_for_status().json()["now"])
        seconds = int((moment - now).total_seconds()) + 1
        if seconds > 0:
            self._post("/local/clock", {"advance": f"{seconds}s"})

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        return dict(self._http.post(path, json=body, headers=headers).raise_for_status().json())


def _count(of: dict[str, Any], name: str) -> int:
    return sum(each["type"] == f"payments.subscription.{name}" for each in of["history"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""One subscription at Segpay, and what its postbacks tell of it, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.support.builders import a_session, usd
from tests.support.fakes import MemorySecrets
from tests.unit.subscriptions.telling import GOLD, PAYMENT, START, SUBSCRIPTION
from tests.unit.subscriptions.uninvoiced_room import UninvoicedRoom
from tollgate.adapters.providers.segpay.memberships import LastCharge
from tollgate.adapters.providers.segpay.references import plan_proof
from tollgate.adapters.providers.segpay.schedule import Schedule
from tollgate.adapters.providers.segpay.webhooks import SegpayEvents
from tollgate.inbox.model import Outcome
from tollgate.subscriptions.model import Terms
from tollgate.subscriptions.providers import RecurringProvider

REF_KEY, PURCHASE, MONTH = "a-key-of-our-references", "5001", timedelta(days=30)
SECOND, THIRD = START + MONTH, START + 2 * MONTH
SCHEDULE = Schedule(usd(3_999), usd(3_999), 30, 30)
ECHO = {
    "ref1": plan_proof(REF_KEY, "demo", PAYMENT, SUBSCRIPTION, SCHEDULE.text),
    "ref2": PAYMENT,
    "ref3": "demo",
    "ref4": SUBSCRIPTION,
    "ref5": SCHEDULE.text,
}

type Fields = Mapping[str, str]


class Reports(LastCharge):
    """What Segpay's reports say was charged last, if they say anything."""

    def __init__(self) -> None:
        self.last: str | None = None

    def last_charge(self, purchase: str) -> str | None:
        return self.last if purchase == PURCHASE else None


class SegpayRoom(UninvoicedRoom):
    """An ordered subscription, whose page is open."""

    def __init__(self, terms: Terms = GOLD, provider: RecurringProvider | None = None) -> None:
        self.reports = Reports()
        secrets = MemorySecrets({"segpay/webhook": {"ref_keys": [REF_KEY]}})
        super().__init__("segpay", SegpayEvents(secrets, lambda: self.reports), a_session(PAYMENT), terms, provider)

    def tell(self, at: datetime, fields: Fields) -> Outcome | None:
        """One postback, and whatever it wakes."""
        return self.hear(at, fields["action"], json.dumps({**fields}).encode())


def a_sale(transaction: str, at: datetime, stage: str = "Rebill", **fields: str) -> dict[str, str]:
    """A period that was charged, as its postback says it."""
    told = {
        "action": "Auth",
        "stage": stage,
        "approved": "Yes",
        "trantype": "Sale",
        "tranid": transaction,
        "purchaseid": PURCHASE,
        "price": "39.99",
        "currencycode": "USD",
        "transtime": written(at),
        "ival": "39.99",
        "iint": "30",
        "rval": "39.99",
        "rint": "30",
    }
    return {**told, **ECHO, **fields}


def a_decline(transaction: str, at: datetime, **fields: str) -> dict[str, str]:
    """One that could not be charged."""
    return a_sale(transaction, at, **{"approved": "No", **fields})


def of_member(action: str, at: datetime, **fields: str) -> dict[str, str]:
    """What happens to the membership."""
    return {"action": action, "purchaseid": PURCHASE, "transtime": written(at), **ECHO, **fields}


def written(at: datetime) -> str:
    """As Segpay writes a time."""
    return at.strftime("%m/%d/%Y %I:%M:%S %p")

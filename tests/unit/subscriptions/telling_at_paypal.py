"""One subscription at PayPal, and what its webhooks tell of it, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.support.builders import a_session
from tests.unit.subscriptions.telling import GOLD, PAYMENT, START, SUBSCRIPTION
from tests.unit.subscriptions.uninvoiced_room import UninvoicedRoom
from tollgate.adapters.providers.paypal.agreement_pages import AgreementLookup
from tollgate.adapters.providers.paypal.webhooks import PayPalEvents
from tollgate.inbox.model import Outcome
from tollgate.subscriptions.model import Terms
from tollgate.subscriptions.providers import RecurringProvider

AGREEMENT, ECHO = "I-BW452GLLEP1G", f"demo/{PAYMENT}/{SUBSCRIPTION}"

type Fields = Mapping[str, Any]


class Known(AgreementLookup):
    """What PayPal says when it is asked about subscriptions."""

    def __init__(self, *agreements: Fields) -> None:
        self.agreements = {each["id"]: each for each in agreements}
        self.asked: list[str] = []

    def agreement_of(self, id_: str) -> Fields | None:
        self.asked.append(id_)
        return self.agreements.get(id_)


class PayPalRoom(UninvoicedRoom):
    """An ordered subscription, whose page is open."""

    def __init__(self, terms: Terms = GOLD, provider: RecurringProvider | None = None) -> None:
        self.known = Known(an_agreement(trial=terms.trial_days > 0))
        super().__init__("paypal", PayPalEvents(lambda: self.known), a_session(AGREEMENT), terms, provider)

    def tell(self, at: datetime, type_: str, resource: Fields) -> Outcome | None:
        """One webhook, and whatever it wakes."""
        told = {"id": "WH-1", "create_time": written(at), "event_type": type_, "resource": resource}
        return self.hear(at, type_, json.dumps(told).encode())


def an_agreement(
    status: str = "ACTIVE", at: datetime = START, *, trial: bool = False, **billing: Any
) -> dict[str, Any]:
    """As events and answers show it."""
    regular = {"tenure_type": "REGULAR", "sequence": 1, "cycles_completed": 1}
    cycles = [{"tenure_type": "TRIAL", "sequence": 1, "cycles_completed": 1}, regular] if trial else [regular]
    info = {
        "outstanding_balance": {"currency_code": "USD", "value": "0.0"},
        "cycle_executions": cycles,
        "failed_payments_count": 0,
    }
    return {
        "id": AGREEMENT,
        "custom_id": ECHO,
        "status": status,
        "status_update_time": written(at),
        "create_time": written(START - timedelta(minutes=2)),
        "billing_info": {**info, **billing},
    }


def failing(at: datetime, *, trial: bool = False) -> dict[str, Any]:
    """After a period could not be charged."""
    money = {"currency_code": "USD", "value": "39.99"}
    failed = {"amount": money, "time": written(at), "reason_code": "PAYER_CANNOT_PAY"}
    return an_agreement(at=START, trial=trial, last_failed_payment=failed, outstanding_balance=money)


def a_sale(id_: str, at: datetime, total: str = "39.99", **fields: Any) -> dict[str, Any]:
    """Money that was taken."""
    sale = {
        "id": id_,
        "state": "completed",
        "amount": {"total": total, "currency": "USD"},
        "create_time": written(at),
        "billing_agreement_id": AGREEMENT,
    }
    return {**sale, **fields}


def written(at: datetime) -> str:
    """As PayPal writes a time."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

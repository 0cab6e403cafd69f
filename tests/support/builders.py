"""Values as tests want them: valid unless told otherwise, and every field can be named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tollgate.catalog.model import Asked, ItemChange, PricingItem
from tollgate.inbox.model import ProviderEvent
from tollgate.kernel.idempotency import LEASE, IdempotencyRecord
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Capture, Change, LineItem, Payment, Report, Session, open_payment
from tollgate.payments.rerouting import Reroute

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
PRICE = Money(5000, "USD")


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def a_line(**fields: Any) -> LineItem:
    defaults = {"code": "concert_ticket", "name": "Concert ticket", "quantity": 2, "unit": usd(2500)}
    return LineItem(**_with(defaults, fields))


def a_session(reference: str = "cs_1", **fields: Any) -> Session:
    defaults = {
        "reference": reference,
        "url": f"https://pay.example/{reference}",
        "expires_at": NOW + timedelta(days=1),
    }
    return Session(**_with(defaults, fields))


def a_capture(reference: str = "pi_1", amount: Money = PRICE, at: datetime = NOW) -> Capture:
    return Capture(reference, amount, at)


def a_report(fact: Fact, at: datetime = NOW, *, reason: str | None = None) -> Report:
    """A fact with all that it brings along."""
    if fact is Fact.CAPTURED:
        return captured(at=at)
    if fact is Fact.CHECKOUT_OPENED:
        return Report(fact, at, session=a_session())
    if fact is Fact.REROUTED:
        return Report(fact, at, reason="unreachable", reroute=Reroute("square", "failover", 175))
    return Report(fact, at, reason=reason)


def captured(reference: str = "pi_1", amount: Money = PRICE, at: datetime = NOW) -> Report:
    return Report(Fact.CAPTURED, at, capture=a_capture(reference, amount, at))


def a_draft(name: str = "1", **fields: Any) -> Payment:
    """A payment that is about to be opened; `name` tells one from another."""
    amount = fields.get("amount", PRICE)
    defaults: dict[str, Any] = {
        "id": derived("pay", name),
        "tenant": "demo",
        "owner": "user-1",
        "amount": amount,
        "items": (a_line(quantity=1, unit=amount),),
        "method": "card",
        "provider": "stripe",
        "state": State.PENDING,
        "version": 0,
        "created_at": NOW,
        "updated_at": fields.get("created_at", NOW),
        "fingerprint": "f" * 64,
    }
    return Payment(**_with(defaults, fields))


def created(name: str = "1", *, trace: str | None = None, **fields: Any) -> Change:
    """A new payment with event 1."""
    return open_payment(a_draft(name, **fields), trace)


def a_payment(state: State = State.PENDING, name: str = "1", **fields: Any) -> Payment:
    """A payment as it would stand in that state: a confirmed one has its capture."""
    paid: dict[str, Any] = {}
    if state in (State.CONFIRMED, State.SETTLED):
        paid = {"captures": (a_capture(),), "refundable": PRICE.amount}
    defaults = {"state": state, "version": 2, "session": a_session(), **paid}
    return replace(a_draft(name), **_with(defaults, fields))


def a_record(name: str = "1", **fields: Any) -> IdempotencyRecord:
    """A record whose work has just begun."""
    defaults: dict[str, Any] = {
        "id": derived("idem", name),
        "tenant": "demo",
        "operation": "checkout.create",
        "fingerprint": "f" * 64,
        "subject_id": derived("pay", name),
        "provider": "stripe",
        "parameters": '{"mode":"payment"}',
        "lease_owner": "lease-1",
        "lease_expires_at": NOW + LEASE,
        "created_at": NOW,
    }
    return IdempotencyRecord(**_with(defaults, fields))


def a_provider_event(id_: str = "evt_1", **fields: Any) -> ProviderEvent:
    """A verified event, unread."""
    defaults: dict[str, Any] = {
        "provider": "stripe",
        "id": id_,
        "type": "checkout.session.completed",
        "payload": json.dumps({"id": id_, "object": "event"}).encode(),
        "received_at": NOW,
    }
    return ProviderEvent(**_with(defaults, fields))


def a_pricing_item(code: str = "concert_ticket", **fields: Any) -> PricingItem:
    defaults = {"tenant": "*", "code": code, "name": "Concert ticket", "unit": usd(2500)}
    return PricingItem(**_with(defaults, fields))


def priced(code: str = "concert_ticket", **fields: Any) -> ItemChange:
    """The same with event 1, as it is made."""
    return a_pricing_item(code, **fields).created(Asked("service:tests"), NOW)


def _with(defaults: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return defaults | fields

"""Subscription ↔ item."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.store import Raw
from tollgate.adapters.dynamodb.subscription_items import SubscriptionItem
from tollgate.catalog.model import Interval
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import epoch, from_iso, from_milliseconds, to_milliseconds
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.values import Period
from tollgate.subscriptions.model import Charging, Debt, Renewer, State, Subscription, Terms

_USUAL = "card"


def to_item(of: Subscription) -> SubscriptionItem:
    """The item of a subscription, with the keys of its lists."""
    pk, sk = keys.subscription(of.tenant, of.id)
    return SubscriptionItem(
        pk=pk,
        sk=sk,
        kind="subscription",
        owner_key=keys.subscriptions_of(of.tenant, of.owner),
        day_shard=keys.subscriptions_shard_of(of.tenant, of.id),
        listed_at=keys.listed_at(of.created_at, of.id),
        terms=_terms_to_json(of.terms),
        provider=of.provider or None,
        state=of.state.value,
        version=of.version,
        revision=of.revision,
        updated_at=to_milliseconds(of.updated_at),
        payment_id=of.payment or None,
        renewed_by=of.renewed_by.value,
        consumer=of.consumer,
        client_reference=of.client_reference,
        reference=of.reference,
        customer=of.customer,
        source=of.source,
        period=_json(_period_to_row(of.period)) if of.period else None,
        anchor=_milliseconds(of.anchor),
        trial_end=_milliseconds(of.trial_end),
        ends_at=_milliseconds(of.ends_at),
        ended_at=_milliseconds(of.ended_at),
        paused_at=_milliseconds(of.paused_at),
        reason=of.reason,
        debt=_debt_to_json(of.debt) if of.debt else None,
        invoices=_json(of.invoices) if of.invoices else None,
        told_at=_milliseconds(of.told_at),
        setup=of.setup,
        setup_at=_milliseconds(of.setup_at),
        imported=_milliseconds(of.imported),
        closing=of.closing or None,
        charging=_json([of.charging.key, to_milliseconds(of.charging.since)]) if of.charging else None,
        method=of.method if of.method != _USUAL else None,
        parked=of.parked or None,
        email=of.email,
        due=(keys.renewal_shard_of(pk) if of.is_renewed_here else keys.due_shard_of(pk)) if of.due_at else None,
        due_at=epoch(of.due_at) if of.due_at else None,
    )


def from_item(raw: Raw) -> Subscription:
    """The subscription of an item, as DynamoDB returns it."""
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    time = {name: from_milliseconds(int(value["N"])) for name, value in raw.items() if "N" in value}
    _, tenant, id_ = text["pk"].split("#", 2)
    return Subscription(
        id=id_,
        tenant=tenant,
        owner=text["owner_key"].removeprefix(keys.subscriptions_of(tenant, "")),
        terms=_terms_from_json(text["terms"]),
        provider=text.get("provider", ""),
        state=State(text["state"]),
        version=int(raw["version"]["N"]),
        revision=int(raw["revision"]["N"]),
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        updated_at=time["updated_at"],
        payment=text.get("payment_id", ""),
        renewed_by=Renewer(text["renewed_by"]),
        consumer=text.get("consumer"),
        client_reference=text.get("client_reference"),
        reference=text.get("reference"),
        customer=text.get("customer"),
        source=text.get("source"),
        period=_period_from_row(json.loads(text["period"])) if "period" in text else None,
        anchor=time.get("anchor"),
        trial_end=time.get("trial_end"),
        ends_at=time.get("ends_at"),
        ended_at=time.get("ended_at"),
        paused_at=time.get("paused_at"),
        reason=text.get("reason"),
        debt=_debt_from_json(text["debt"]) if "debt" in text else None,
        invoices=tuple(json.loads(text.get("invoices", "[]"))),
        told_at=time.get("told_at"),
        setup=text.get("setup"),
        setup_at=time.get("setup_at"),
        imported=time.get("imported"),
        closing="closing" in raw,
        charging=_charging(text["charging"]) if "charging" in text else None,
        method=text.get("method", _USUAL),
        parked="parked" in raw,
        email=text.get("email"),
    )


def _terms_to_json(of: Terms) -> str:
    money = [of.unit.amount, of.unit.currency]
    return _json([of.code, of.name, of.product, *money, of.interval.value, of.trial_days, of.risk.value])


def _terms_from_json(text: str) -> Terms:
    code, name, product, amount, currency, interval, trial_days, risk = json.loads(text)
    return Terms(code, name, product, Money(amount, currency), Interval(interval), trial_days, Risk(risk))


def _period_to_row(of: Period) -> list[int]:
    return [to_milliseconds(of.start), to_milliseconds(of.end)]


def _period_from_row(row: list[int]) -> Period:
    return Period(*map(from_milliseconds, row))


def _debt_to_json(of: Debt) -> str:
    owed = [of.invoice, of.amount.amount, of.amount.currency, _period_to_row(of.period), to_milliseconds(of.since)]
    why, more = [of.decline.class_.value, of.decline.code], [of.spent, _milliseconds(of.tried_at)]
    return _json([*owed, of.attempts, *why, of.payment, to_milliseconds(of.dunned_until), of.tries, *more])


def _debt_from_json(text: str) -> Debt:
    invoice, amount, currency, period, since, attempts, class_, code, payment, until, tries, *more = json.loads(text)
    spent, tried_at = more or (0, None)  # of what was stored before they were noted
    return Debt(
        invoice=invoice,
        amount=Money(amount, currency),
        period=_period_from_row(period),
        since=from_milliseconds(since),
        attempts=attempts,
        decline=Decline(DeclineClass(class_), code),
        payment=payment,
        dunned_until=from_milliseconds(until),
        tries=tuple(tries),
        spent=spent,
        tried_at=from_milliseconds(tried_at) if tried_at is not None else None,
    )


def _charging(text: str) -> Charging:
    key, since = json.loads(text)
    return Charging(key, from_milliseconds(since))


def _milliseconds(instant: datetime | None) -> int | None:
    return to_milliseconds(instant) if instant else None


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

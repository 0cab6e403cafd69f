"""A subscription as a row says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from operations.imports import shapes
from operations.imports.common import Common
from operations.imports.fields import Fields
from operations.imports.records import LegacySubscription
from tollgate.catalog.rules import MOST_TRIAL_DAYS
from tollgate.payments.values import Period
from tollgate.subscriptions.model import Renewer, State

OWN = frozenset(
    {
        "plan",
        "product",
        "status",
        "renewed_by",
        "provider_subscription",
        "provider_customer",
        "provider_invoice",
        "source",
        "period_start",
        "period_end",
        "ends_at",
        "paused_at",
        "created_at",
    }
)
# Who charges by itself what was begun elsewhere, and tells of it. Not Segpay: its memberships repeat the references of
# whoever sold them, and have no customer.
CHARGING = frozenset({"stripe"})
# Who charges a method that is saved there when we say so.
CHARGED = frozenset({"stripe", "square", "mock"})
_PAUSED = "paused"
_STATES = {State.TRIALING.value: State.TRIALING, State.ACTIVE.value: State.ACTIVE, _PAUSED: State.ACTIVE}
_OVER = "what is over gives no access; import what was paid for it as purchases"
_REFUSED = {
    "past_due": "what is owed is not known here: import it once that is paid, or once it is over",
    **dict.fromkeys(("cancelled", "canceled", "ended", "expired", "unpaid"), _OVER),
    **dict.fromkeys(("pending", "incomplete"), "it has not begun"),
}
# The longest plan has a year; more than twice that is a slip.
_LONGEST_PERIOD = timedelta(days=2 * 366)


def read(fields: Fields, common: Common) -> LegacySubscription:
    """Raises `RowRefused`, which names each wrong field."""
    state = _state(fields)
    renewed_by = Renewer(fields.choice("renewed_by", [each.value for each in Renewer], Renewer.PROVIDER.value))
    period = Period(fields.instant("period_start"), fields.instant("period_end"))
    _check_period(fields, period, state)
    priced = fields.has("amount") or fields.has("currency")
    ends_at, paused_at = fields.maybe_instant("ends_at"), fields.maybe_instant("paused_at")
    charged = _by_platform(fields, common) if renewed_by is Renewer.PLATFORM else _by_provider(fields, common)
    record = LegacySubscription(
        **common.said(),
        plan=fields.text("plan", shapes.PRICING_ITEM),
        product=fields.maybe_text("product", shapes.PRICING_ITEM),
        state=state,
        unit=fields.money() if priced else None,
        renewed_by=renewed_by,
        reference=charged.reference,
        customer=charged.customer,
        invoice=charged.invoice,
        source=charged.source,
        period=period,
        ends_at=ends_at,
        paused_at=paused_at,
        created_at=fields.maybe_instant("created_at") or period.start,
    )
    fields.settle()
    return record


def _state(fields: Fields) -> State:
    """Paused, it is an active one of which nothing is charged."""
    said = fields.chosen("status")
    if said in _REFUSED:
        fields.wrong("status", _REFUSED[said])
    elif said not in _STATES:
        fields.wrong("status", f"one of {', '.join(sorted(_STATES))}" if said else "missing")
    if said == _PAUSED and not fields.has("paused_at"):
        fields.wrong("paused_at", "missing")
    if said != _PAUSED:
        fields.absent("paused_at", "it is not paused")
    return _STATES.get(said, State.ACTIVE)


def _check_period(fields: Fields, period: Period, state: State) -> None:
    if not (fields.has("period_start") and fields.has("period_end")):
        return
    longest = timedelta(days=MOST_TRIAL_DAYS) if state is State.TRIALING else _LONGEST_PERIOD
    if period.end <= period.start:
        fields.wrong("period_end", "not after period_start")
    elif period.end - period.start > longest:
        fields.wrong("period_end", f"more than {longest.days} days after period_start")


@dataclass(frozen=True, slots=True)
class _Charged:
    """What its charges are made with, or where."""

    reference: str | None = None
    customer: str | None = None
    invoice: str | None = None
    source: str | None = None


def _by_platform(fields: Fields, common: Common) -> _Charged:
    fields.no_card("source")
    if common.provider not in CHARGED:
        fields.wrong("provider", f"only {', '.join(sorted(CHARGED))} can be charged by the platform")
    for name in ("provider_subscription", "provider_invoice"):
        fields.absent(name, "the platform charges it: its provider must have ended its own")
    names = shapes.references_of(common.provider)
    customer = fields.maybe_text("provider_customer", names.customer)
    return _Charged(customer=customer, source=fields.text("source", names.source))


def _by_provider(fields: Fields, common: Common) -> _Charged:
    fields.absent("source", "its provider charges it")
    if common.provider not in CHARGING:
        fields.wrong("provider", f"only {', '.join(sorted(CHARGING))} charges by itself; else renewed_by is platform")
    names = shapes.references_of(common.provider)
    return _Charged(
        fields.text("provider_subscription", names.subscription),
        fields.text("provider_customer", names.customer),
        fields.maybe_text("provider_invoice", names.invoice),
    )

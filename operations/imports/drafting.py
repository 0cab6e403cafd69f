"""What a record becomes here, in the light of the catalog and of the time. Records that were imported before do not
come this far: what has become wrong of one since is no reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from operations.imports.fields import RowRefused
from operations.imports.records import LegacyPurchase, LegacySubscription, Record
from tollgate.catalog.model import PricingItem
from tollgate.catalog.ports import CatalogRepository
from tollgate.kernel.errors import FieldError
from tollgate.payments import importing as payments
from tollgate.payments.importing import RefundedBefore
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Capture, LineItem, Payment
from tollgate.payments.model import Change as PaymentChange
from tollgate.subscriptions import importing as subscriptions
from tollgate.subscriptions.model import RENEWED_WITHIN, Renewer, Subscription, Terms
from tollgate.subscriptions.model import Change as SubscriptionChange
from tollgate.subscriptions.ordering import terms_of

# The code of what was bought that is in no catalog.
UNLISTED = "imported"
# How something is paid at a provider that is not asked for a card.
METHODS = {"paypal": "paypal", "mock": "mock"}
CARD = "card"


@dataclass(frozen=True, slots=True)
class DraftSubscription:
    """A subscription that can be stored."""

    record: LegacySubscription
    change: SubscriptionChange

    @property
    def claims(self) -> frozenset[str]:
        """What no other record may have: two that want the same are stored one after the other."""
        of = self.change.subscription
        seat = f"seat {of.tenant} {of.terms.product} {of.owner}"
        reference = {f"reference {of.provider} {of.reference}"} if of.reference else set()
        return frozenset({f"id {of.tenant} {of.id}", seat, *reference})


@dataclass(frozen=True, slots=True)
class DraftPurchase:
    """A payment that can be stored."""

    record: LegacyPurchase
    change: PaymentChange

    @property
    def claims(self) -> frozenset[str]:
        """As above."""
        of = self.record
        return frozenset({f"id {of.tenant} {of.id}", f"payment {of.provider} {of.reference}"})


type Draft = DraftSubscription | DraftPurchase


class Drafting:
    """Reads the catalog, which remembers for a minute; in one thread."""

    def __init__(self, catalog: CatalogRepository, now: datetime) -> None:
        self._catalog = catalog
        self._now = now

    def draft(self, record: Record) -> Draft:
        """Raises `RowRefused`."""
        if isinstance(record, LegacySubscription):
            return self._subscription(record)
        return self._purchase(record)

    def _subscription(self, of: LegacySubscription) -> DraftSubscription:
        item = self._catalog.find(of.tenant, of.plan)
        errors = [*_plan_errors(of, item), *_time_errors(of, self._now)]
        if errors or item is None:
            raise RowRefused(errors)
        change = subscriptions.imported(_standing(of, terms_of(item)), of.legacy_id, self._now)
        return DraftSubscription(of, change)

    def _purchase(self, of: LegacyPurchase) -> DraftPurchase:
        item = self._catalog.find(of.tenant, of.item) if of.item else None
        if of.item and item is None:
            raise RowRefused([FieldError("item", "the tenant's catalog has no such item")])
        if max(of.paid_at, of.refunded_at or of.paid_at) > self._now:
            raise RowRefused([FieldError("refunded_at" if of.paid_at <= self._now else "paid_at", "in the future")])
        name = of.name or (item.name if item else "")
        line = LineItem(of.item or UNLISTED, name, 1, of.amount)
        capture, back = Capture(of.reference, of.amount, of.paid_at), _refunded(of)
        return DraftPurchase(of, payments.imported(_payment(of, line), capture, of.legacy_id, self._now, back))


def _plan_errors(of: LegacySubscription, item: PricingItem | None) -> Iterator[FieldError]:
    """One that is not on sale any more is a plan all the same: whoever has it keeps it."""
    if item is None:
        yield FieldError("plan", "the tenant's catalog has no such item")
    elif item.interval is None:
        yield FieldError("plan", "it is sold once, and is no plan")
    elif of.product not in (None, item.product):
        yield FieldError("product", f"the plan is one of {item.product}")


def _time_errors(of: LegacySubscription, now: datetime) -> Iterator[FieldError]:
    """What we charge is due when its period is over; what its provider charges, it is asked about a day later."""
    ours = of.renewed_by is Renewer.PLATFORM
    if of.period.start > now:
        yield FieldError("period_start", "in the future: import it once it has begun")
    elif ours and of.paused_at is None and of.period.end <= now:
        yield FieldError("period_end", "it is over, and the next one would be charged at once: export it again")
    elif not ours and of.period.end + RENEWED_WITHIN <= now:
        yield FieldError("period_end", "it has been over for a day: export it again")
    if of.ends_at is not None and of.ends_at <= now:
        yield FieldError("ends_at", "it has ended: import what was paid for it as purchases")
    if of.paused_at is not None and of.paused_at > now:
        yield FieldError("paused_at", "in the future")
    if of.created_at > max(now, of.period.start):
        yield FieldError("created_at", "in the future")


def _standing(of: LegacySubscription, terms: Terms) -> Subscription:
    return Subscription(
        id=of.id,
        tenant=of.tenant,
        owner=of.user,
        terms=replace(terms, unit=of.unit) if of.unit else terms,
        state=of.state,
        version=0,
        created_at=of.created_at,
        updated_at=of.created_at,
        payment="",
        provider=of.provider,
        renewed_by=of.renewed_by,
        reference=of.reference,
        customer=of.customer,
        source=of.source,
        method=METHODS.get(of.provider, CARD),
        period=of.period,
        invoices=(of.invoice,) if of.invoice else (),
        ends_at=of.ends_at,
        paused_at=of.paused_at,
        email=of.email,
    )


def _payment(of: LegacyPurchase, line: LineItem) -> Payment:
    return Payment(
        id=of.id,
        tenant=of.tenant,
        owner=of.user,
        amount=of.amount,
        items=(line,),
        method=METHODS.get(of.provider, CARD),
        provider=of.provider,
        state=PaymentState.PENDING,
        version=0,
        created_at=of.paid_at,
        updated_at=of.paid_at,
        fingerprint=of.fingerprint,
        email=of.email,
    )


def _refunded(of: LegacyPurchase) -> RefundedBefore | None:
    if of.refunded is None or of.refund_reference is None or of.refunded_at is None:
        return None
    return RefundedBefore(of.refund_reference, of.refunded, of.refunded_at)

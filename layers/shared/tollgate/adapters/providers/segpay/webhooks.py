"""Segpay's postbacks, once they are stored: what they say about a payment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from tollgate.adapters.providers.segpay.memberships import (
    CARD_DECLINED,
    ENDS,
    LastCharge,
    MembershipPostbacks,
    is_of_a_membership,
)
from tollgate.adapters.providers.segpay.references import fits, reference_keys
from tollgate.adapters.providers.segpay.told import CHARGEBACK, CREDIT, SALE, VOID, Told, told_of
from tollgate.adapters.providers.segpay.transformers import captured, charged_back, given_back
from tollgate.inbox.model import Notice, ProviderEvent, opening_of
from tollgate.inbox.ports import EventReader, UnreadableEvent
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.secrets import Secrets
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report
from tollgate.subscriptions.notices import SubscriptionNotice

_MALFORMED = (AttributeError, TypeError, ValueError, TollgateError)


class SegpayEvents(EventReader):
    """Sales, what happens to them, and the ends of memberships. What says nothing to us: that one was enabled, probes
    of the address, and words that we do not know.
    """

    def __init__(self, secrets: Secrets, look_up: Callable[[], LastCharge] | None = None) -> None:
        self._secrets = secrets
        self._memberships = MembershipPostbacks(look_up)

    def read(self, event: ProviderEvent) -> Notice | SubscriptionNotice | None:
        keys = reference_keys(self._secrets.get("segpay/webhook"))
        try:
            told = told_of(json.loads(event.payload))
            return self._read(told, keys, event.received_at)
        except _MALFORMED as error:
            raise UnreadableEvent(f"segpay event {event.id} ({event.type}): {error}") from error

    def _read(self, told: Told, keys: Sequence[str], now: datetime) -> Notice | SubscriptionNotice | None:
        if told.action in ENDS:
            # A sale that was made once has a purchase, too, and no end that says anything.
            once = told.is_ours and not told.is_of_a_plan
            return self._memberships.end(told, keys, now) if told.purchase and not once else None
        if told.action not in ("auth", VOID):
            return None
        if is_of_a_membership(told):
            return self._memberships.sale(told, keys, now)
        return _sale(told, keys, now) if told.kind == SALE else _reversal(told, now)


def _sale(told: Told, keys: Sequence[str], now: datetime) -> Notice | None:
    """One that says it is ours and cannot prove it is no word of Segpay's, or of a link that somebody has changed: it
    is kept for a person. Whatever its stage is called, money that was taken is money.
    """
    if not told.is_ours or told.approved not in ("yes", "no"):
        return None
    if not told.id or not fits(told, keys):
        raise ValueError("nothing proves whose sale it is, or of how much")
    declined = Report(Fact.DECLINED, told.at(now), reason=CARD_DECLINED)
    return Notice(captured(told, now) if told.approved == "yes" else declined, told.ref3, told.ref2, None)


def _reversal(told: Told, now: datetime) -> Notice | None:
    """What happened to a sale is known by that: it is nobody's whose capture it is not. A credit that was not approved
    is for a person, since nobody has said what it means.
    """
    if told.kind not in (CREDIT, CHARGEBACK, VOID):
        return None
    if told.approved == "no" or not told.related or not told.id:
        raise ValueError("no transaction that happened to another")
    report = charged_back(told, now) if told.kind == CHARGEBACK else given_back(told, now)
    # Of a subscription all periods repeat the payment of the first: whose it is, its sale tells alone.
    tenant, payment = (told.ref3, None if told.is_of_a_plan else told.ref2) if told.is_ours else (None, None)
    return Notice(report, tenant, payment, told.related, opening_of(report))

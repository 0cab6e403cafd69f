"""Checkouts on Segpay's payment page. There is no session: a page is a link, made here around a price that Segpay gives
out, and what becomes of it is read from reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.segpay import transformers
from tollgate.adapters.providers.segpay.account import Account, is_package
from tollgate.adapters.providers.segpay.errors import CallFailed
from tollgate.adapters.providers.segpay.references import fits, plan_proof, proof
from tollgate.adapters.providers.segpay.srs import Srs
from tollgate.adapters.providers.segpay.told import INITIAL, Told
from tollgate.checkout.ports import (
    Anew,
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Rejected,
    SeenSession,
    StillOpen,
    Unknown,
    unavailable,
)
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.routing.router import Offer

# Ours: no life of a link is documented. What is paid after it is late money, and held as such.
PAGE_LIFE = timedelta(hours=24)


class SegpayProvider(CheckoutProvider):
    """Hosted checkout on Segpay. `stand_in` is empty for the official addresses; it sells what is charged again where
    the account has packages for that.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        enabled: bool,
        currencies: frozenset[str],
        recurring: bool = False,
        stand_in: str = "",
    ) -> None:
        self.clock = clock
        self._enabled = enabled and bool(currencies)
        self._currencies = currencies
        self._recurring = recurring
        self.srs = Srs(secrets, stand_in=stand_in)

    @property
    def offer(self) -> Offer:
        return Offer(
            "segpay",
            frozenset({"card"}),
            self._currencies,
            enabled=self._enabled,
            high_risk=True,
            recurring=self._recurring,
        )

    @property
    def recovery(self) -> Recovery:
        # A link lies nowhere but in our answer. Where that was never stored no buyer has one to pay with, and a price
        # that was given out for it is nothing by itself.
        return Anew()

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return transformers.page_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        wanted = json.loads(parameters)
        try:
            account, keys = self.srs.account(), self.srs.reference_keys()
            package = _package(account, wanted)
            if package is None:
                return Rejected(f"no_package_{wanted['currency']}")
            sold = (self._again if "plan" in wanted else self._once)(account, keys[0], wanted)
        except CallFailed as failed:
            return failed.outcome
        link = transformers.join_link(account, package, wanted, sold)
        return Opened(Session(wanted["payment"], link, self.clock.now() + PAGE_LIFE))

    def look(self, session: Session) -> LookOutcome:
        outcome = self.close(session)
        expired = isinstance(outcome, Closed) and outcome.report.fact is Fact.EXPIRED
        return StillOpen() if expired and self.clock.now() < session.expires_at else outcome

    def close(self, session: Session) -> CloseOutcome:
        """Segpay has no call that makes a link worthless. Who pays on it later has paid late."""
        now = self.clock.now()
        try:
            keys = self.srs.reference_keys()
            for told in self.srs.transactions(session.expires_at - PAGE_LIFE, now):
                ours = told.ref2 == session.reference and told.is_approved_sale and fits(told, keys)
                report = transformers.taken(told, now) if ours else None
                if report is not None:
                    return Closed(report)
        except CallFailed as failed:
            return failed.outcome
        return Closed(Report(Fact.EXPIRED, now, about=session.reference))

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """Those that were paid in that time: of others Segpay knows nothing."""
        try:
            keys = self.srs.reference_keys()
            for told in self.srs.transactions(since, until):
                at = told.instant or since
                ours = since <= at < until and told.is_ours and told.is_approved_sale and fits(told, keys)
                report = transformers.taken(told, self.clock.now()) if ours and _is_first(told) else None
                if report is not None:
                    yield _seen(told, at, report)
        except CallFailed as failed:
            raise unavailable("segpay", failed.outcome) from failed

    def owner_of(self, transaction: str) -> PaymentKey | None:
        """The payment that a sale was made for; None for somebody else's. Raises `ProviderUnavailable`, also for a
        later period of a subscription: it is known once that is, and then it leads there by itself.
        """
        try:
            keys, listed = self.srs.reference_keys(), self.srs.transaction(transaction)
        except CallFailed as failed:
            raise unavailable("segpay", failed.outcome) from failed
        ours = [each for each in listed if each.id == transaction and each.is_ours and fits(each, keys)]
        if ours and not _is_first(ours[0]):
            raise unavailable("segpay", Unknown("a period that was not heard of yet", told=True))
        return PaymentKey(ours[0].ref3, ours[0].ref2) if ours else None

    def _once(self, account: Account, key: str, wanted: Mapping[str, Any]) -> dict[str, str]:
        money = transformers.due_of(wanted)
        proven = proof(key, wanted["tenant"], wanted["payment"], money)
        return transformers.once(wanted, self.srs.price_id(account, money), proven)

    def _again(self, account: Account, key: str, wanted: Mapping[str, Any]) -> dict[str, str]:
        schedule, plan = transformers.schedule_of_plan(wanted, account.period_days), wanted["plan"]
        price_id = None if plan["price_point"] else self.srs.recurring_id(account, schedule)
        proven = plan_proof(key, wanted["tenant"], wanted["payment"], plan["subscription"], schedule.text)
        return transformers.again(wanted, price_id, proven, schedule)


def _package(account: Account, wanted: Mapping[str, Any]) -> str | None:
    """Where it is sold; a plan's own price point, if it has one."""
    if "plan" not in wanted:
        return account.packages.get(wanted["currency"])
    point = wanted["plan"]["price_point"]
    if point is None:
        return account.recurring.get(wanted["currency"])
    return str(point) if is_package(point) else None


def _is_first(told: Told) -> bool:
    """Whether it is what was paid on a page. Reports that do not name the stage do not tell."""
    return not told.is_of_a_plan or told.stage == INITIAL


def _seen(told: Told, at: datetime, report: Report) -> SeenSession:
    return SeenSession(
        session=Session(told.ref2, None, at + PAGE_LIFE),
        created_at=at,
        tenant=told.ref3,
        payment_id=told.ref2,
        report=report,
    )

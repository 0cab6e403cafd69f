"""Refunds at Segpay: a sale goes back as a whole, no key tells one request from another, and so none is sent twice."""

from __future__ import annotations

import json
from datetime import timedelta

from tollgate.adapters.providers.segpay.errors import NO_CREDENTIALS, CallFailed
from tollgate.adapters.providers.segpay.srs import Srs
from tollgate.adapters.providers.segpay.told import CREDIT, VOID, Told
from tollgate.checkout.ports import Absent, Rejected, Unknown
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund, RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import (
    Answered,
    FoundRefund,
    NotYet,
    PaidOut,
    RefundOutcome,
    RefundProvider,
    SettlementOutcome,
)

# How late a refund may show in the reports is not documented. Until then one that does not show may be on its way.
SURE_AFTER = timedelta(days=1)
_A_DAY = timedelta(days=1)


class SegpayRefunds(RefundProvider):
    """Over the same services as the checkouts."""

    def __init__(self, srs: Srs, clock: Clock) -> None:
        self._srs = srs
        self._clock = clock

    @property
    def refund_window(self) -> timedelta:
        return timedelta(0)

    @property
    def in_parts(self) -> bool:
        return False

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return json.dumps([refund.capture, refund.id], separators=(",", ":"))

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        transaction, id_ = json.loads(parameters)
        try:
            said = self._srs.refund(transaction, id_)
        except CallFailed as failed:
            return failed.outcome
        return _meaning(said, id_)

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        try:
            listed = self._srs.transaction(refund.capture)
        except CallFailed as failed:
            return failed.outcome
        if not listed:
            return Unknown("the sale itself is not listed", told=True)
        others = {each.reference for each in payment.refunds if each.id != refund.id}
        asked = Money(refund.amount, payment.amount.currency)
        for told in listed:
            if told.id not in others and _gives_back(told, refund.capture, asked):
                return Answered(RefundReport(RefundState.SUCCEEDED, refund.id, told.id))
        if self._clock.now() - refund.at < SURE_AFTER:
            return Answered(RefundReport(RefundState.UNKNOWN, refund.id))
        return Absent()

    def settlement(self, payment: Payment) -> SettlementOutcome:
        """No call tells what was paid out. Where the operator has said how long that takes, it is taken as paid out
        after that, less what Segpay was expected to keep; where not, it is never.
        """
        try:
            after = self._srs.account().settled_after
        except CallFailed as failed:
            return failed.outcome
        now, taken = self._clock.now(), payment.captures[0].at
        if after is None:
            return NotYet(now + _A_DAY)
        fee = Money(payment.provider_fee, payment.amount.currency)
        return PaidOut(Settlement(fee)) if now >= taken + after else NotYet(taken + after)


def _meaning(said: str, id_: str) -> RefundOutcome:
    """Texts that are documented, if of another call. Whatever else it says, it may have done it."""
    match said.lower().rstrip("."):
        case "successful":
            return Answered(RefundReport(RefundState.SUCCEEDED, id_))
        case "invalid merchant":
            return NO_CREDENTIALS
        case "missing parameter":
            return Rejected("missing_parameter")
        case text if text.endswith("/merchantid mismatch"):
            return Rejected("merchant_mismatch")
    return Unknown("an answer that is not documented")


def _gives_back(told: Told, sale: str, money: Money) -> bool:
    """Its own row, or one that names the sale."""
    if told.kind not in (CREDIT, VOID) or told.approved == "no" or sale not in (told.related, told.id):
        return False
    try:
        return told.money == money
    except (ValueError, TollgateError):
        return False

"""What Square's payments say, told by an event, by an answer, or by an order of its tenders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.square.amounts import from_square
from tollgate.adapters.providers.square.errors import code_of
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Report

COMPLETED, PENDING, APPROVED, CANCELED, FAILED = "COMPLETED", "PENDING", "APPROVED", "CANCELED", "FAILED"
# Of these nothing more will come.
OVER = frozenset({CANCELED, FAILED})
# A transfer takes days, and its failure comes when the buyer has left the page: no other try follows it.
_TAKES_DAYS = "BANK_ACCOUNT"
_OF_A_CARD = {"CAPTURED": COMPLETED, "AUTHORIZED": APPROVED, "VOIDED": CANCELED, "FAILED": FAILED}


def report_of_payment(payment: Mapping[str, Any], at: datetime) -> Report | None:
    """What a payment in its present state says about ours. Authorised, and what we do not know, say nothing yet."""
    page = payment.get("order_id")
    match payment["status"]:
        case "COMPLETED":
            return captured(payment, at)
        case "PENDING":
            return Report(Fact.PROCESSING, at, about=page)
        case "FAILED" if is_broken_promise(payment):
            return Report(Fact.FAILED, at, reason=decline_of(payment), about=page)
        case "FAILED" | "CANCELED":
            return Report(Fact.DECLINED, at, reason=decline_of(payment), about=page)
    return None


def captured(payment: Mapping[str, Any], at: datetime) -> Report:
    """Money that Square took, with a tip, should there be one in spite of what the link says."""
    taken = from_square(payment.get("total_money") or payment["amount_money"])
    return Report(Fact.CAPTURED, at, capture=Capture(payment["id"], taken, at))


def is_broken_promise(payment: Mapping[str, Any]) -> bool:
    """Whether days have gone by for nothing."""
    return bool(payment["status"] == FAILED and payment.get("source_type") == _TAKES_DAYS)


def decline_of(payment: Mapping[str, Any]) -> str:
    """Why the bank refused, in Square's word, or that it was called off."""
    for details in ("card_details", "bank_account_details"):
        if code := code_of((payment.get(details) or {}).get("errors")):
            return code.lower()
    return "canceled" if payment["status"] == CANCELED else "declined"


def payment_of_tender(tender: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The payment behind a tender of an order, as far as the order tells: of cards it tells all that we ask for."""
    status = _OF_A_CARD.get((tender.get("card_details") or {}).get("status", ""))
    if tender.get("type") != "CARD" or status is None:
        return None
    return {"id": id_of_tender(tender), "status": status, "total_money": tender["amount_money"], "source_type": "CARD"}


def id_of_tender(tender: Mapping[str, Any]) -> str:
    """The id of its payment."""
    return str(tender.get("payment_id") or tender["id"])

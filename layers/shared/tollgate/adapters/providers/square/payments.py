"""What Square's payments say, told by an event, by an answer, or by an order of its tenders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.square.amounts import from_square
from tollgate.adapters.providers.square.declines import NO_REASON, decline_of_codes
from tollgate.adapters.providers.square.echo import is_of_hold, of_note
from tollgate.adapters.providers.square.errors import errors_of
from tollgate.kernel.clock import from_iso
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Report, Session

COMPLETED, PENDING, APPROVED, CANCELED, FAILED = "COMPLETED", "PENDING", "APPROVED", "CANCELED", "FAILED"
# Of these nothing more will come.
OVER = frozenset({CANCELED, FAILED})
# How long Square keeps money set aside of a card that was not there, where the payment does not say.
HELD_FOR = timedelta(days=7)
# A transfer takes days, and its failure comes when the buyer has left the page: no other try follows it.
_TAKES_DAYS = "BANK_ACCOUNT"
# Square tells of all that the merchant sells, whoever sold it. These are never our links.
_OTHER_PRODUCTS = frozenset("APPOINTMENTS INVOICES RESTAURANTS RETAIL SQUARE_POS TERMINAL_API VIRTUAL_TERMINAL".split())
# What the merchant has noted down, and Square has not taken.
_NOT_AT_SQUARE = frozenset({"CASH", "EXTERNAL"})
_OF_A_CARD = {"CAPTURED": COMPLETED, "AUTHORIZED": APPROVED, "VOIDED": CANCELED, "FAILED": FAILED}


def is_sold_elsewhere(payment: Mapping[str, Any]) -> bool:
    """Whether it is none of our pages' or charges', whatever its note says, which staff can write at a till."""
    product = (payment.get("application_details") or {}).get("square_product")
    return product in _OTHER_PRODUCTS or payment.get("source_type") in _NOT_AT_SQUARE


def report_of_payment(payment: Mapping[str, Any], at: datetime) -> Report | None:
    """What a payment in its present state says about ours. Authorised, unless that is all that was wanted, and what we
    do not know, say nothing yet.
    """
    about = session_of_payment(payment)
    match payment["status"]:
        case "COMPLETED":
            return captured(payment, at)
        case "PENDING" | "APPROVED":
            return _under_way(payment, at, about)
        case "FAILED" if is_broken_promise(payment):
            return Report(Fact.FAILED, at, reason=reason_of(payment), about=about, decline=decline_of(payment).class_)
        case "CANCELED" if is_direct(payment):
            return Report(Fact.CANCELLED, at, reason=reason_of(payment), about=about)
        case "FAILED" | "CANCELED":
            return Report(Fact.DECLINED, at, reason=reason_of(payment), about=about, decline=decline_of(payment).class_)
    return None


def is_direct(payment: Mapping[str, Any]) -> bool:
    """Whether we charged it at once: then it bears our payment's id itself, and not only its order does."""
    echo = of_note(payment.get("note"))
    return echo is not None and payment.get("reference_id") == echo[1]


def _under_way(payment: Mapping[str, Any], at: datetime, about: str | None) -> Report | None:
    if payment["status"] == PENDING:
        return Report(Fact.PROCESSING, at, about=about)
    return Report(Fact.APPROVED, at, session=held(payment, at), about=about) if is_hold(payment) else None


def is_hold(payment: Mapping[str, Any]) -> bool:
    """Whether we only want its money set aside. While it is authorised, we can take it, or let it go."""
    return is_direct(payment) and is_of_hold(payment.get("note"))


def held(payment: Mapping[str, Any], at: datetime) -> Session:
    """Money that is set aside, and until when. It is told whether or not its times can be read."""
    until, made = (time_of(payment, name) for name in ("delayed_until", "created_at"))
    return Session(str(payment["id"]), None, until or (made or at) + HELD_FOR)


def time_of(payment: Mapping[str, Any], name: str) -> datetime | None:
    """One of its times; None where it cannot be read."""
    try:
        return from_iso(payment[name])
    except (KeyError, TypeError, ValueError):
        return None


def session_of_payment(payment: Mapping[str, Any]) -> str | None:
    """What our payment knows it by: a link by its order, and a charge, for which Square made an order of its own, by
    itself.
    """
    known: str | None = payment["id"] if is_direct(payment) else payment.get("order_id")
    return known


def captured(payment: Mapping[str, Any], at: datetime) -> Report:
    return Report(Fact.CAPTURED, at, capture=capture_of(payment, at))


def capture_of(payment: Mapping[str, Any], at: datetime) -> Capture:
    """Money that Square took, with a tip, should there be one in spite of what the link says."""
    return Capture(payment["id"], from_square(payment.get("total_money") or payment["amount_money"]), at)


def is_broken_promise(payment: Mapping[str, Any]) -> bool:
    """Whether days have gone by for nothing."""
    return bool(payment["status"] == FAILED and payment.get("source_type") == _TAKES_DAYS)


def reason_of(payment: Mapping[str, Any]) -> str:
    """Why the bank refused, in Square's word, or that it was called off."""
    decline = decline_of(payment)
    return "canceled" if payment["status"] == CANCELED and decline == NO_REASON else decline.code


def decline_of(payment: Mapping[str, Any]) -> Decline:
    """What is told of it on the payment."""
    details = [payment.get(each) or {} for each in ("card_details", "bank_account_details")]
    return decline_of_codes([error.code for each in details for error in errors_of(each.get("errors"))])


def payment_of_tender(tender: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The payment behind a tender of an order, as far as the order tells: of cards it tells all that we ask for."""
    status = _OF_A_CARD.get((tender.get("card_details") or {}).get("status", ""))
    if tender.get("type") != "CARD" or status is None:
        return None
    return {"id": id_of_tender(tender), "status": status, "total_money": tender["amount_money"], "source_type": "CARD"}


def id_of_tender(tender: Mapping[str, Any]) -> str:
    """The id of its payment."""
    return str(tender.get("payment_id") or tender["id"])

"""What a charge is in Square's words, and what its payments say about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.square.amounts import to_square
from tollgate.adapters.providers.square.declines import NO_REASON
from tollgate.adapters.providers.square.echo import note, note_of_hold, of_note
from tollgate.adapters.providers.square.payments import (
    APPROVED,
    CANCELED,
    COMPLETED,
    FAILED,
    capture_of,
    decline_of,
    held,
    is_hold,
    reason_of,
    report_of_payment,
    time_of,
)
from tollgate.adapters.providers.square.transformers import location_of
from tollgate.checkout.charge_ports import ChargeRequest, Declined, Held, OnItsWay, Taken
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.payments.declines import Decline
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session

type Fields = Mapping[str, Any]

PROVIDER = "square"
# A card is charged at once or not at all. What is still on its way after this is called off.
CHARGE_LIFE = timedelta(hours=24)
# A token of the buyer's browser, or a saved card with the customer whose it is: Square wants both.
_SOURCE = re.compile(r"(?:([A-Za-z0-9_-]{1,191})/)?((cnon|ccof):[A-Za-z0-9_:.=-]{1,512})")
_SAVED = "ccof"


def charge_parameters(payment: Payment, request: ChargeRequest, locations: Mapping[str, str]) -> str:
    """All parameters of `POST /v2/payments` but the key. The note echoes whose payment it is, as on a link's. No
    address goes along: receipts are ours, and Square refuses a charge for an address that it takes for none.
    """
    source, customer = _source(request)
    parameters: dict[str, Any] = {
        "source_id": source,
        "amount_money": to_square(payment.due),
        "autocomplete": not payment.hold,
        "location_id": location_of(payment, locations),
        "reference_id": payment.id,
        "note": (note_of_hold if payment.hold else note)(payment.tenant, payment.id),
    }
    if payment.hold:
        parameters["delay_action"] = "CANCEL"
    if customer:
        parameters["customer_id"] = customer
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _source(request: ChargeRequest) -> tuple[str, str | None]:
    """The source and its customer. The refusal does not repeat a token."""
    found = _SOURCE.fullmatch(request.sources.get(PROVIDER, ""))
    saved = "a customer's saved card (<customer id>/ccof:…)"
    if found is None or (found[3] == _SAVED and found[1] is None) or (request.kept and found[3] != _SAVED):
        form = saved if request.kept else f"a token (cnon:…), or {saved}"
        raise ValidationFailed([FieldError(f"sources.{PROVIDER}", f"must be {form}")])
    return found[2], found[1]


def outcome_of_payment(payment: Fields, at: datetime) -> Taken | Held | OnItsWay | Declined:
    """What became of a charge, in the same words whenever it is asked. What was called off takes no money any more;
    words that we do not know may.
    """
    status, made = payment["status"], time_of(payment, "created_at") or at
    if status == COMPLETED:
        return Taken(capture_of(payment, made))
    if status == FAILED:
        return Declined(decline_of(payment))
    if status == CANCELED:
        return Declined(Decline(NO_REASON.class_, reason_of(payment)))
    if status == APPROVED and is_hold(payment):
        return Held(held(payment, at))
    return OnItsWay(Session(str(payment["id"]), None, made + CHARGE_LIFE))


def report_of_charge(payment: Fields, at: datetime) -> Report | None:
    """What a charge says to who asks; None while it can still be completed, by Square or by us. Called off, it has
    ended like a page that was closed.
    """
    report, about = report_of_payment(payment, at), str(payment["id"])
    if payment["status"] == APPROVED:
        return None
    if payment["status"] == CANCELED:
        return Report(Fact.EXPIRED, at, about=about)
    return replace(report, about=about) if report and report.capture is None else report


def is_of(payment: Payment, square: Fields) -> bool:
    """Whether a payment at Square is this one's, by either of the places that bear our words."""
    return of_note(square.get("note")) == (payment.tenant, payment.id) or square.get("reference_id") == payment.id


def surest(made: Sequence[Fields]) -> Fields | None:
    """Of all that was made for one payment, what decides: money that was taken, and then what may still be."""
    left = [each for each in made if each["status"] != CANCELED]
    return min(left, key=lambda each: {COMPLETED: 0, FAILED: 2}.get(each["status"], 1), default=None)

"""Money under review: what came late, twice or in a wrong amount is no sale's, and is held until it has gone back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.payments.lifecycle import State

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Payment


def reason_for(payment: Payment, capture: Capture) -> str:
    """Why its money is held, where nobody has said that it is not wanted."""
    if payment.captures and payment.captures[0].reference != capture.reference:
        return "second_capture"
    return "amount_mismatch" if capture.amount != payment.due else "late_capture"


def is_held(payment: Payment, reference: str) -> bool:
    """Whether a capture is no sale's: a payment is confirmed by its first, or by none."""
    confirmed = payment.state in (State.CONFIRMED, State.SETTLED)
    return not (confirmed and payment.captures[0].reference == reference)


def is_known(payment: Payment, capture: Capture | None) -> bool:
    """Whether this money has been recorded."""
    return capture is not None and any(capture.reference == known.reference for known in payment.captures)


def after_reversal(payment: Payment) -> str | None:
    """What is left to decide once a refund or a dispute of held money has moved; None when all of that has surely
    gone.
    """
    disputed = any(each.held and each.is_open for each in payment.disputes)
    under_way = disputed or any(each.held and each.is_open for each in payment.refunds)
    held = [each for each in payment.captures if is_held(payment, each.reference)]
    here = [each for each in held if under_way or _is_here(payment, each)]
    return (payment.review or reason_for(payment, here[-1])) if here else None


def _is_here(payment: Payment, capture: Capture) -> bool:
    if capture.amount.currency != payment.amount.currency:
        return True  # only its provider's dashboard gives it back
    gone = sum(each.amount for each in payment.refunds if each.capture == capture.reference and each.has_gone)
    lost = sum(each.amount for each in payment.disputes if each.capture == capture.reference and each.is_lost)
    return payment.refundable > 0 and gone + lost < capture.amount.amount

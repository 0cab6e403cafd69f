"""What of a payment may go back, of which capture, and with which part of the platform's fee."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tollgate.kernel.errors import TollgateError
from tollgate.payments import review
from tollgate.payments.deposits import held_account

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Payment
    from tollgate.payments.refunds import Refund


class NotRefundable(TollgateError):
    """Nothing was taken for this payment, or in its currency."""

    code = "INVALID_STATE"


class RefundExceedsRemaining(TollgateError):
    """More than what may still go back; carries that."""

    code = "REFUND_EXCEEDS_ORIGINAL"

    def __init__(self, remaining: int) -> None:
        super().__init__(f"at most {remaining} can be refunded")
        self.remaining = remaining


def filled(payment: Payment, refund: Refund) -> Refund:
    """With its part of the fee: so much that all parts together make the whole fee when everything has gone back."""
    others = [each for each in payment.refunds if not each.held]
    together = sum(each.reserved for each in others) + refund.whole
    known = sum((each.fee if each.counts else 0) + each.tendered_fee for each in others)
    fee = max(min(payment.fee, payment.fee * together // payment.amount.amount) - known, 0)
    held = review.is_held(payment, refund.capture)
    if held or held_account(payment):
        return replace(refund, fee=0, held=held)
    onto = fee * refund.onto_tenders // refund.whole if refund.whole else 0
    return replace(refund, fee=fee - onto, tendered_fee=onto)


def capture_to_refund(payment: Payment, named: str | None = None) -> Capture:
    """The one that is named. Otherwise money under review goes back first, and of that the last that came."""
    ours = [each for each in payment.captures if each.amount.currency == payment.amount.currency]
    ours = [each for each in ours if named in (None, each.reference)]
    if not ours:
        raise NotRefundable("nothing was taken for this payment")
    held = [each for each in ours if review.is_held(payment, each.reference)]
    left = [each for each in held if gone_of(payment, each.reference) < each.amount.amount] or held
    return left[-1] if left and payment.review is not None else ours[0]


def gone_of(payment: Payment, capture: str) -> int:
    """What has gone back of a capture or is to go, and what a bank has taken of it."""
    refunded = sum(each.amount for each in payment.refunds if each.capture == capture and each.counts)
    of_it = [each for each in payment.disputes if each.capture == capture]
    return refunded + sum(each.amount for each in of_it if each.is_open or each.is_lost)

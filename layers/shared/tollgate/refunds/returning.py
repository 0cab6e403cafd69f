"""Giving all of a payment's money back that nobody may keep, without anybody's asking for it."""

from __future__ import annotations

import json

from tollgate.kernel.idempotency import DuplicateInProgress, LeaseLost
from tollgate.kernel.ids import derived
from tollgate.payments.deposits import UNWANTED
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining
from tollgate.payments.refunds import RefundState
from tollgate.payments.review import is_held
from tollgate.refunds.service import CreateRefund, MayRefund, Refunding

CALLER = "tollgate"
NOTHING = "nothing"
# Held, and nobody has to decide whose it is: it came for what was over, after its payment had ended, or twice.
GOES_BACK = frozenset({UNWANTED, "late_capture", "second_capture"})
_REFUSED = (RefundState.FAILED, RefundState.RETURNED)


class Returning:
    """Each capture by itself, under a key that follows from it, and from how often its provider has refused: whoever
    comes twice, or at the same time, gives back once, and nothing but what they came for.
    """

    def __init__(self, payments: PaymentRepository, refunding: Refunding) -> None:
        self._payments = payments
        self._refunding = refunding

    def give_back(self, key: PaymentKey, reason: str) -> str:
        """All of it. A word for how it stands: `nothing` where nothing is left to go, or its bank has it. Raises
        `ProviderUnavailable`, and what makes whoever asks come again.
        """
        payment = self._read(key)
        return self._all(payment, [each.reference for each in payment.captures], reason)

    def give_back_held(self, key: PaymentKey, reason: str) -> str:
        """What is held of it for review, and nothing that is a sale's. Otherwise the same."""
        payment = self._read(key)
        held = [each.reference for each in payment.captures if is_held(payment, each.reference)]
        return self._all(payment, held if goes_back(payment) else [], reason)

    def _read(self, key: PaymentKey) -> Payment:
        payment = self._payments.get(key)
        if payment is None:
            raise LookupError(f"{key.id} is gone whose money is to go back")
        return payment

    def _all(self, payment: Payment, captures: list[str], reason: str) -> str:
        told = [self._one(payment, each, reason) for each in captures]
        return next((each for each in told if each != NOTHING), NOTHING)

    def _one(self, payment: Payment, capture: str, reason: str) -> str:
        refused = sum(each.capture == capture and each.state in _REFUSED for each in payment.refunds)
        wish = CreateRefund(
            allowed=MayRefund(payment.tenant, None),
            caller=CALLER,
            payment_id=payment.id,
            key=derived("key", payment.tenant, payment.id, "give back", capture, str(refused)),
            body={},
            reason=reason,
            capture=capture,
        )
        try:
            answer = json.loads(self._refunding.create(wish).body)
        except (NotRefundable, RefundExceedsRemaining):
            return NOTHING
        except (DuplicateInProgress, LeaseLost):
            return "on_its_way"
        return str(answer["refund"]["status"]) if "refund" in answer else "refused"


def goes_back(payment: Payment) -> bool:
    """Whether money is held for a payment of something that others hold, and nobody has to decide."""
    return payment.deposit is not None and payment.review in GOES_BACK

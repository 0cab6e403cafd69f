"""What PayPal repeats to us: the tenant and our ids, in the one free text that an order, a subscription and a refund
have.
"""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.kernel.ids import is_id
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey

# PayPal's documents say 127 for some resources and 255 for others. The longest tenant and two ids make 126.
LONGEST = 127


@dataclass(frozen=True, slots=True)
class PlanEcho:
    """What a subscription repeats: the payment that begins it, and ours."""

    first: PaymentKey
    subscription: str


def echo(payment: Payment, also: str | None = None) -> str:
    """`also` a refund, or a subscription. No tenant and no id has a slash."""
    return "/".join([payment.tenant, payment.id, *([also] if also else [])])


def echoed(text: object) -> tuple[PaymentKey | None, str | None]:
    """The payment, and what else was named. None for what others wrote there."""
    parts = text.split("/") if isinstance(text, str) else []
    if len(parts) not in (2, 3) or not all(parts):
        return None, None
    return PaymentKey(parts[0], parts[1]), parts[2] if len(parts) == 3 else None


def plan_echoed(text: object) -> PlanEcho | None:
    """What a subscription of ours repeats; None for all else."""
    first, subscription = echoed(text)
    if first is None or subscription is None or not (is_id("pay", first.id) and is_id("sub", subscription)):
        return None
    return PlanEcho(first, subscription)

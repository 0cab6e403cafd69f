"""What PayPal repeats to us: the tenant and our ids, in the one free text that an order and a refund have."""

from __future__ import annotations

from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey

# PayPal's documents say 127 for some resources and 255 for others. The longest tenant and two ids make 126.
LONGEST = 127


def echo(payment: Payment, refund: str | None = None) -> str:
    """No tenant and no id has a slash."""
    return "/".join([payment.tenant, payment.id, *([refund] if refund else [])])


def echoed(text: object) -> tuple[PaymentKey | None, str | None]:
    """The payment, and the refund where it is one's. None for what others wrote there."""
    parts = text.split("/") if isinstance(text, str) else []
    if len(parts) not in (2, 3) or not all(parts):
        return None, None
    return PaymentKey(parts[0], parts[1]), parts[2] if len(parts) == 3 else None

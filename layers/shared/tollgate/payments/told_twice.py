"""Money that a provider may tell of twice: where it ends a dispute by a refund, as both, and neither names the other.
The first that comes is booked, and the other is for a person: booked as well it would be taken from the seller twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.kernel.ids import derived

if TYPE_CHECKING:
    from tollgate.payments.disputes import DisputeReport
    from tollgate.payments.model import Payment
    from tollgate.payments.refunds import RefundReport


def is_end_of_dispute(payment: Payment, report: RefundReport) -> bool:
    """Whether a refund that nobody asked for here may be how a dispute of its capture has ended, or will."""
    of_it = [each for each in payment.disputes if each.capture == report.capture]
    amount = report.amount.amount if report.amount else 0
    return report.of_dispute and any(each.is_open or (each.is_lost and each.amount == amount) for each in of_it)


def is_refunded(payment: Payment, report: DisputeReport, lost: int) -> bool:
    """Whether what a dispute ends with may have been told as a refund before."""
    if not report.by_refund:
        return False
    of_it = [each for each in payment.refunds if each.capture == report.capture and each.counts]
    return any(each.amount == lost and each.id == id_of_elsewhere(payment, each.reference) for each in of_it)


def id_of_elsewhere(payment: Payment, reference: str | None) -> str:
    """The id of a refund that was made at the provider's own pages, which has none of ours."""
    return derived("ref", payment.tenant, payment.id, reference or "")

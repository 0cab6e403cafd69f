"""Requests whose function died, or whose provider's answer was lost: finished in the caller's place."""

from __future__ import annotations

from tollgate.checkout.opening import CheckoutOpening
from tollgate.kernel.clock import Clock
from tollgate.kernel.idempotency import DuplicateInProgress, IdempotencyRepository, LeaseLost
from tollgate.payouts.service import OPERATION as PAYOUT
from tollgate.payouts.service import PayingOut
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueRequest
from tollgate.refunds.service import OPERATION as REFUND
from tollgate.refunds.service import Refunding


class UnfinishedRequests:
    """Resumes them as the client's own retry would, so that this retry finds its answer. It never starts anew."""

    def __init__(
        self,
        idempotency: IdempotencyRepository,
        opening: CheckoutOpening,
        refunding: Refunding,
        paying_out: PayingOut,
        clock: Clock,
    ) -> None:
        self._idempotency = idempotency
        self._opening = opening
        self._others: dict[str, tuple[str, Refunding | PayingOut]] = {
            REFUND: ("refund", refunding),
            PAYOUT: ("payout", paying_out),
        }
        self._clock = clock

    def examine(self, due: DueRequest, notes: Notes) -> None:
        record = self._idempotency.get(due.id)
        now = self._clock.now()
        if record is None or record.response is not None or now < record.lease_expires_at:
            return
        if not notes.asks(record.provider):
            return
        subject, room = self._others.get(record.operation, ("payment", self._opening))
        finding = notes.open(
            a_finding(
                Kind.UNFINISHED_REQUEST,
                record.tenant,
                (subject, record.subject_id),
                Remedy.RESUME,
                now,
                occasion=record.id,
                detail={"request": record.id, "operation": record.operation, "provider": record.provider},
            )
        )
        try:
            room.resume(record)
        except (DuplicateInProgress, LeaseLost):
            return  # its client has come back, and finishes it
        notes.mended(finding)

    def is_settled(self, finding: Finding) -> bool:
        record = self._idempotency.get(str(finding.detail["request"]))
        return record is None or record.response is not None

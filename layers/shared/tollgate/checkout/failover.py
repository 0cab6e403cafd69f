"""Asking another provider where one did not answer. A page can be paid by nobody whom it never reached; a charge may go
elsewhere only if it surely did not begin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from tollgate.checkout.drafting import Drafting
from tollgate.checkout.ports import Unreachable
from tollgate.checkout.ways import Outcome, Request
from tollgate.kernel.clock import Clock
from tollgate.kernel.idempotency import IdempotencyRecord, IdempotencyRepository
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import Fact, Meaning
from tollgate.payments.model import Payment, Report
from tollgate.payments.recording import Recorded, Recorder
from tollgate.routing.choice import Sale

# What a provider may take to answer, or not to. With less of the lease left, the next try of the request goes on.
TIME_FOR_ONE = timedelta(seconds=14)


@dataclass(frozen=True, slots=True)
class Spare:
    """What another provider must know of a request: what is sold, and what its caller gave for it."""

    sale: Sale
    request: Request


@dataclass(frozen=True, slots=True)
class Turn:
    """The same work at another provider, and whether asking that one probes."""

    record: IdempotencyRecord
    payment: Payment
    probes: bool


# Somebody else tries just now whether it works, and no answer of it was waited for.
NOT_ASKED = Unreachable("its circuit is open")


class Failover:
    """Stores whom it asks before anybody asks: a successor goes on where this one ended."""

    def __init__(
        self, drafting: Drafting, recorder: Recorder, idempotency: IdempotencyRepository, clock: Clock
    ) -> None:
        self._drafting = drafting
        self._recorder = recorder
        self._idempotency = idempotency
        self._clock = clock

    def turn(
        self,
        record: IdempotencyRecord,
        payment: Payment,
        failed: Outcome | None,
        spare: Spare,
        asked: Collection[str],
        trace: str | None,
    ) -> Turn | None:
        """The same work at the next provider; None where nobody is left, or no time. A payment that has ended meanwhile
        comes back as it is, with the record unmoved. Raises `LeaseLost`.
        """
        now = self._clock.now()
        if record.lease_expires_at - now < TIME_FOR_ONE:
            return None
        found = self._drafting.elsewhere(payment, spare.sale, spare.request, asked)
        if found is None:
            return None
        moved = record.moved(found.reroute.provider, found.parameters)
        report = Report(Fact.REROUTED, now, reason=_reason(failed), reroute=found.reroute, trace=trace)

        def alongside(recorded: Recorded) -> tuple[Write, ...]:
            return (self._idempotency.move(moved),) if recorded.meaning is Meaning.MOVE else ()

        recorded = self._recorder.record(payment, report, alongside)
        return Turn(moved if recorded.meaning is Meaning.MOVE else record, recorded.payment, found.probes)


def _reason(failed: Outcome | None) -> str:
    return "unreachable" if isinstance(failed, Unreachable) else "unknown"

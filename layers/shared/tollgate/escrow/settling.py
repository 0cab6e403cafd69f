"""What becomes of the money of an escrow: whoever asks, and whatever happens at once, exactly one of released and
refunded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.escrow.errors import EscrowChanged, EscrowNotFound, EscrowState
from tollgate.escrow.model import Change, Escrow, State
from tollgate.escrow.ports import EscrowRepository, SoldThings, Waiting, Waker
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.ledger.ports import Journal
from tollgate.ledger.rules_of_deposits import escrow_released

_TRIES = 8
# How often whoever waits for a decision looks by itself.
_LOOKED_AT = timedelta(days=1)


class Decision(StrEnum):
    """What somebody decides about one that is disputed."""

    RELEASE = "release"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Step:
    """How an escrow stands, and for how many seconds there is nothing to do: None once it has ended."""

    state: State
    seconds: int | None


class EscrowDesk:
    """Everything that is done with an escrow after it was paid."""

    def __init__(
        self,
        escrows: EscrowRepository,
        sold: SoldThings,
        journal: Journal,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._escrows = escrows
        self._sold = sold
        self._journal = journal
        self._unit_of_work = unit_of_work
        self._clock = clock

    def show(self, viewer: Viewer, id_: str) -> Escrow:
        """For its buyer, its seller, and those who see the whole tenant."""
        escrow = self._escrows.get(viewer.tenant, id_) if is_id("esc", id_) else None
        if escrow is None or not (viewer.sees(escrow.buyer) or viewer.sees(escrow.seller)):
            raise EscrowNotFound
        return escrow

    def confirm(self, tenant: str, id_: str, trace: str | None = None) -> Escrow:
        """What was sold is its buyer's. Stored, and no more: whoever waits for it is told by the event."""
        return self._changed(
            Viewer(tenant, None),
            id_,
            lambda escrow, now: escrow.confirmed(now, trace),
            lambda change: self._sold.handed_over(change.escrow),
        )

    def dispute(self, viewer: Viewer, id_: str, complaint: str, trace: str | None = None) -> Escrow:
        """Nothing moves until somebody has decided. Its seller has no say in that."""
        if not viewer.sees(self.show(viewer, id_).buyer):
            raise EscrowNotFound
        return self._changed(viewer, id_, lambda escrow, now: escrow.complained(complaint, now, trace))

    def resolve(self, tenant: str, id_: str, decision: Decision, trace: str | None = None) -> Escrow:
        """A person of ours decides."""
        if decision is Decision.RELEASE:
            return self.release(tenant, id_, "resolved", trace, disputed=True)
        return self.refund(tenant, id_, "resolved", trace)

    def release(
        self,
        tenant: str,
        id_: str,
        reason: str,
        trace: str | None = None,
        *,
        disputed: bool = False,
        read: Escrow | None = None,
    ) -> Escrow:
        """To the seller, with what others get of it. One that is `disputed` is released by decision alone. `read` is
        the escrow, where it was read just now.
        """

        def released(escrow: Escrow, now: datetime) -> Change | None:
            if escrow.state is State.DISPUTED and not disputed:
                raise EscrowState(escrow.state, "somebody has to decide")
            return escrow.released(now, reason, trace)

        return self._changed(Viewer(tenant, None), id_, released, self._released, read)

    def refund(
        self, tenant: str, id_: str, reason: str, trace: str | None = None, *, read: Escrow | None = None
    ) -> Escrow:
        """To the buyer. That it goes is the refund's own matter, of which the event tells. `read` as in `release`."""
        return self._changed(
            Viewer(tenant, None),
            id_,
            lambda escrow, now: escrow.refunded(now, reason, trace),
            lambda change: self._sold.given_back(change.escrow),
            read,
        )

    def step(self, tenant: str, id_: str) -> Step:
        """Whatever is due now, and nothing that is done already: a step may run twice, late, or beside another."""
        for _ in range(_TRIES):
            escrow, now = self.show(Viewer(tenant, None), id_), self._clock.now()
            try:
                if escrow.state is State.FUNDED and escrow.confirmed_at:
                    escrow = self.release(tenant, id_, "transferred", read=escrow)
                elif escrow.state is State.FUNDED and escrow.deadline and now >= escrow.deadline:
                    escrow = self.refund(tenant, id_, "not_transferred", read=escrow)
            except EscrowState:
                continue  # somebody has decided otherwise meanwhile
            return Step(escrow.state, _wait(escrow, now))
        raise ConcurrentChange(f"{id_} changes too fast")

    def _released(self, change: Change) -> Sequence[Write]:
        escrow = change.escrow
        parts = escrow.parts
        entry = escrow_released(
            tenant=escrow.tenant,
            escrow_id=escrow.id,
            seller=escrow.seller_account,
            currency=escrow.price.currency,
            amount=escrow.left.amount,
            royalties=escrow.rates.recipients(parts),
            platform_fee=parts.platform,
            at=change.escrow.updated_at,
        )
        return (self._journal.append(entry),) if entry else ()

    def _changed(
        self,
        viewer: Viewer,
        id_: str,
        decide: Callable[[Escrow, datetime], Change | None],
        alongside: Callable[[Change], Sequence[Write]] = lambda _: (),
        read: Escrow | None = None,
    ) -> Escrow:
        """The escrow after a change, or as it is where that is made already. `read` is what it was just now."""
        for _ in range(_TRIES):
            escrow, read = read or self.show(viewer, id_), None
            change = decide(escrow, self._clock.now())
            if change is None:
                return escrow
            try:
                self._unit_of_work.commit(*self._escrows.update(change), *alongside(change))
            except EscrowChanged:
                continue
            return change.escrow
        raise ConcurrentChange(f"{id_} changes too fast")


class EscrowWait:
    """The waiting for a transfer. Who waits is noted before it is looked at what has happened: whatever happens after
    that wakes it, and whatever happened before is seen.
    """

    def __init__(self, escrows: EscrowRepository, waiting: Waiting, waker: Waker, clock: Clock) -> None:
        self._escrows = escrows
        self._waiting = waiting
        self._waker = waker
        self._clock = clock

    def begin(self, tenant: str, id_: str, token: str) -> bool:
        """Whether there is something to wait for: where there is not, whoever waits is woken at once."""
        self._waiting.note(self._escrow(tenant, id_), token)
        escrow = self._escrow(tenant, id_)
        waits = escrow.state is State.DISPUTED or (escrow.state is State.FUNDED and escrow.confirmed_at is None)
        if waits and (seconds := _wait(escrow, self._clock.now())) is not None and seconds > 0:
            return True
        self._waker.wake(token)
        return False

    def wake(self, tenant: str, id_: str) -> str:
        """Something has happened."""
        token = self._waiting.token(tenant, id_)
        if token is None:
            return "nobody_waits"
        return "woken" if self._waker.wake(token) else "nobody_waits"

    def _escrow(self, tenant: str, id_: str) -> Escrow:
        escrow = self._escrows.get(tenant, id_) if is_id("esc", id_) else None
        if escrow is None:
            raise EscrowNotFound
        return escrow


def _wait(escrow: Escrow, now: datetime) -> int | None:
    """Whole seconds, rounded up: whoever comes early waits again."""
    if escrow.state is State.DISPUTED:
        return int(_LOOKED_AT.total_seconds())
    if escrow.state is not State.FUNDED or escrow.deadline is None:
        return None
    return max(-int((now - escrow.deadline) // timedelta(seconds=1)), 0)

"""Payouts whose answer was lost, or that a bank is at for long, and those whose transfer has to come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payouts.errors import PayoutChanged
from tollgate.payouts.model import Payout, PayoutReport
from tollgate.payouts.ports import PayoutRepository
from tollgate.payouts.recording import PayoutRecorder
from tollgate.payouts.resolving import PayoutResolver
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayout

_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)


class UnsurePayouts:
    """Never sent under a new key, and never given up while the provider may still have it."""

    def __init__(
        self,
        payouts: PayoutRepository,
        resolver: PayoutResolver,
        recorder: PayoutRecorder,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payouts = payouts
        self._resolver = resolver
        self._recorder = recorder
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DuePayout, notes: Notes) -> None:
        payout = self._payouts.get(due.tenant, due.id)
        now = self._clock.now()
        if payout is None or payout.due_at is None or now < payout.due_at or not notes.asks(payout.provider):
            return
        try:
            payout = self._resolve(payout, notes)
            if payout.to_take_back:
                payout = self._take_back(payout, notes)
        finally:
            # Put off all the same: those that a provider does not answer must not come first in every run.
            if payout.due_at is not None and payout.due_at <= now:
                self._look_again(payout)

    def is_settled(self, finding: Finding) -> bool:
        payout = self._payouts.get(finding.tenant, finding.subject_id)
        return payout is None or payout.due_at is None

    def _resolve(self, payout: Payout, notes: Notes) -> Payout:
        if payout.to_take_back:
            return payout
        told = self._resolver.resolve(payout)
        if told is None or payout.after(told, self._clock.now()) is None:
            return payout
        finding = notes.open(self._finding(payout, told))
        recorded = self._recorder.record(payout, told).payout
        notes.mended(finding)
        return recorded

    def _take_back(self, payout: Payout, notes: Notes) -> Payout:
        if not self._resolver.take_back(payout):
            notes.open(self._stranded(payout))
            return payout
        returned = replace(payout, returned=True)
        try:
            self._unit_of_work.commit(self._payouts.note(returned))
        except PayoutChanged as changed:
            return changed.payout
        return returned

    def _finding(self, payout: Payout, told: PayoutReport) -> Finding:
        return a_finding(
            Kind.UNSURE_PAYOUT,
            payout.tenant,
            ("payout", payout.id),
            Remedy.APPLY,
            self._clock.now(),
            occasion=told.state.value,
            detail={"venue": payout.seller, "was": payout.state.value, "is": told.state.value},
        )

    def _stranded(self, payout: Payout) -> Finding:
        return a_finding(
            Kind.UNSURE_PAYOUT,
            payout.tenant,
            ("payout", payout.id),
            Remedy.INVESTIGATE,
            self._clock.now(),
            occasion="transfer",
            detail={"venue": payout.seller, "transfer": payout.transfer, "account": payout.account},
        )

    def _look_again(self, payout: Payout) -> None:
        now = self._clock.now()
        wait = min(max(now - payout.updated_at, _SHORTEST_WAIT), _LONGEST_WAIT)
        try:
            self._unit_of_work.commit(self._payouts.look_again(payout, now + wait))
        except PayoutChanged:
            return  # it moved on by itself

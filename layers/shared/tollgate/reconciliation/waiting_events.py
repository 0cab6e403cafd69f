"""Provider events that were stored and not applied: lost on the way, too early, or unreadable."""

from __future__ import annotations

from tollgate.inbox.model import GIVE_UP_AFTER, Outcome, ProviderEvent
from tollgate.inbox.ports import AlreadySettled, InboxRepository
from tollgate.inbox.service import InboxService
from tollgate.kernel.clock import Clock, to_iso
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import NO_TENANT, Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueEvent, EventArchive

_KINDS: dict[Outcome | None, tuple[Kind, Remedy]] = {
    None: (Kind.UNAPPLIED_EVENT, Remedy.APPLY),
    Outcome.PARKED: (Kind.PARKED_EVENT, Remedy.APPLY),
    Outcome.FAILED: (Kind.FAILED_EVENT, Remedy.INVESTIGATE),
}


class WaitingEvents:
    """Tries each again: its payment may be there now, or a new release may read it. After a week it is archived."""

    def __init__(
        self,
        inbox: InboxRepository,
        service: InboxService,
        archive: EventArchive,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._inbox = inbox
        self._service = service
        self._archive = archive
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueEvent, notes: Notes) -> None:
        event, before = self._inbox.get(due.provider, due.id), self._inbox.outcome(due.provider, due.id)
        if event is None or (before is not None and before.is_final):
            return
        finding = notes.open(self._finding(event, before))
        after = self._service.apply(event)
        if after is None or after.is_final:
            notes.mended(finding)
            notes.needs_somebody += after is Outcome.HELD
        elif self._clock.now() - event.received_at >= GIVE_UP_AFTER:
            self._put_away(event)

    def is_settled(self, finding: Finding) -> bool:
        outcome = self._inbox.outcome(str(finding.detail["provider"]), finding.subject_id)
        return outcome is not None and outcome.is_final

    def _put_away(self, event: ProviderEvent) -> None:
        """Archived first: marked without, nobody would archive it any more."""
        self._archive.keep(event)
        try:
            self._unit_of_work.commit(self._inbox.put_away(event, self._clock.now()))
        except AlreadySettled:
            return  # it was applied meanwhile

    def _finding(self, event: ProviderEvent, before: Outcome | None) -> Finding:
        kind, remedy = _KINDS[before]
        return a_finding(
            kind,
            self._service.tenant_of(event) or NO_TENANT,
            ("provider_event", event.id),
            remedy,
            self._clock.now(),
            occasion=event.provider,
            detail={"provider": event.provider, "type": event.type, "received_at": to_iso(event.received_at)},
        )

"""One run over everything that is due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.delivery import Delivery
from tollgate.reconciliation.due_escrows import DueEscrows
from tollgate.reconciliation.due_gift_cards import DueGiftCards
from tollgate.reconciliation.due_groups import DueGroups
from tollgate.reconciliation.due_subscriptions import DueSubscriptions
from tollgate.reconciliation.model import Finding, Kind, Run
from tollgate.reconciliation.notes import Notes, OnFailure
from tollgate.reconciliation.open_payments import OpenPayments
from tollgate.reconciliation.ports import (
    Due,
    DueEscrow,
    DueEvent,
    DueFinding,
    DueGiftCard,
    DueGroup,
    DueLane,
    DueList,
    DuePayment,
    DuePayout,
    DueRequest,
    DueSubscription,
    FindingRepository,
    RunRepository,
)
from tollgate.reconciliation.provider_sessions import ProviderSessions
from tollgate.reconciliation.settlements import Settlements
from tollgate.reconciliation.stuck_lanes import StuckLanes
from tollgate.reconciliation.unfinished_requests import UnfinishedRequests
from tollgate.reconciliation.unsure_payouts import UnsurePayouts
from tollgate.reconciliation.unsure_refunds import UnsureRefunds
from tollgate.reconciliation.waiting_events import WaitingEvents

# One part of a run, which says whether it came to its end.
type Part = Callable[[Notes, Callable[[], bool]], bool]


class Reconciler:
    """Killed anywhere, or run twice at once, it does no harm: whatever it does is what a client, a provider or a stream
    would have done, under the same conditions.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        *,
        due: DueList,
        findings: FindingRepository,
        runs: RunRepository,
        requests: UnfinishedRequests,
        payments: OpenPayments,
        refunds: UnsureRefunds,
        payouts: UnsurePayouts,
        gift_cards: DueGiftCards,
        escrows: DueEscrows,
        subscriptions: DueSubscriptions,
        groups: DueGroups,
        settlements: Settlements,
        events: WaitingEvents,
        lanes: StuckLanes,
        delivery: Delivery,
        sessions: ProviderSessions,
        unit_of_work: UnitOfWork,
        clock: Clock,
        on_failure: OnFailure = lambda _what, _error: None,
    ) -> None:
        self._due = due
        self._findings = findings
        self._runs = runs
        self._payments = payments
        self._refunds = refunds
        self._settlements = settlements
        self._delivery = delivery
        self._sessions = sessions
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._on_failure = on_failure
        self._examined_by: dict[type[Due], Callable[[Any, Notes], None]] = {
            DuePayout: payouts.examine,
            DueGiftCard: gift_cards.examine,
            DueEscrow: escrows.examine,
            DueSubscription: subscriptions.examine,
            DueGroup: groups.examine,
            DueRequest: requests.examine,
            DueEvent: events.examine,
            DueLane: lanes.examine,
        }
        # Whoever found it tells whether it has come right by itself; the others are about payments.
        self._settled_by: dict[Kind, Callable[[Finding], bool]] = {
            Kind.UNFINISHED_REQUEST: requests.is_settled,
            Kind.UNAPPLIED_EVENT: events.is_settled,
            Kind.PARKED_EVENT: events.is_settled,
            Kind.FAILED_EVENT: events.is_settled,
            Kind.UNSURE_REFUND: refunds.is_settled,
            Kind.UNSURE_PAYOUT: payouts.is_settled,
            Kind.UNHEARD_RENEWAL: subscriptions.is_settled,
            Kind.OVERDRAWN_GIFT_CARD: gift_cards.is_settled,
            Kind.OWED_REFUNDS: groups.is_settled,
            Kind.UNDELIVERED_EVENTS: delivery.is_settled,
            Kind.STRAY_PAGE: sessions.is_settled,
            Kind.UNKNOWN_SESSION: sessions.is_settled,
            Kind.STATE_MISMATCH: sessions.is_settled,
        }

    def run(self, id_: str, trigger: str, out_of_time: Callable[[], bool]) -> Run:
        """Sweep once, until `out_of_time`; what is left then is due at the next run."""
        started_at = self._clock.now()
        notes = Notes(self._findings, self._unit_of_work, self._clock, self._on_failure)
        # Cheapest first: what waits for a slow provider must not keep our own events from those who wait for them.
        complete = True
        for part in (self._delivery.sweep, self._look_at_all, self._sessions.sweep):
            complete &= self._do(part, notes, out_of_time)
        run = Run(
            id=id_,
            trigger=trigger,
            started_at=started_at,
            finished_at=self._clock.now(),
            examined=notes.examined,
            found=notes.found,
            repaired=notes.repaired,
            needs_somebody=notes.needs_somebody,
            failed=notes.failed,
            complete=complete and not notes.failed,
            skipped=notes.skipped,
        )
        self._runs.record(run)
        return run

    def _do(self, part: Part, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        try:
            return part(notes, out_of_time)
        except Exception as error:  # noqa: BLE001 - what cannot be listed must not hold up what can
            notes.trouble(part.__qualname__, error)
            return False

    def _look_at_all(self, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        for due in self._due.due(self._clock.now()):
            if out_of_time():
                return False
            notes.examined[_NAMES[type(due)]] += 1
            try:
                self._look_at(due, notes)
            except Exception as error:  # noqa: BLE001 - one poisoned item must not hold up all others
                notes.trouble(str(due), error)
        return True

    def _look_at(self, due: Due, notes: Notes) -> None:
        match due:
            case DuePayment():
                self._refunds.examine(due, notes)
                self._settlements.examine(due, notes)
                self._payments.examine(due, notes)
            case DueFinding(tenant, id_):
                finding = self._findings.get(tenant, id_)
                if finding is not None and finding.is_open:
                    self._look_again(finding, notes)
            case _:
                self._examined_by[type(due)](due, notes)

    def _look_again(self, finding: Finding, notes: Notes) -> None:
        if self._is_settled(finding):
            notes.mended(finding)
        else:
            notes.put_off(finding)

    def _is_settled(self, finding: Finding) -> bool:
        return self._settled_by.get(finding.kind, self._payments.is_settled)(finding)


_NAMES: dict[type[Due], str] = {
    DuePayment: "payments",
    DuePayout: "payouts",
    DueGiftCard: "gift_cards",
    DueEscrow: "escrows",
    DueSubscription: "subscriptions",
    DueGroup: "groups",
    DueRequest: "requests",
    DueEvent: "provider_events",
    DueLane: "deliveries",
    DueFinding: "findings",
}

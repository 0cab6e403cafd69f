"""The reconciler's own records: what is due when, findings with their versions and lists, sweeps and runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_provider_event, a_record, captured, created
from tests.support.stores import OnDynamo, Store
from tests.unit.payouts.test_payout import A_PAYOUT
from tollgate.inbox.model import APPLIED_WITHIN, Outcome
from tollgate.inbox.ports import AlreadySettled
from tollgate.kernel.idempotency import LEASE, Response
from tollgate.payments.attention import CHECK_AFTER
from tollgate.payments.errors import InvalidCursor, PaymentChanged
from tollgate.payments.model import Change
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.model import Finding, Kind, Remedy, Repair, Run, a_finding
from tollgate.reconciliation.ports import DueEvent, DueFinding, DuePayment, DueRequest, FindingChanged
from tollgate.statistics.model import Occurrence

PAYMENT = created().payment
LATER = NOW + timedelta(days=1)


class Books:
    """The reconciler's repositories on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.findings, self.runs, self.log = store.findings, store.runs, store.event_log

    def due(self, at: datetime = LATER) -> list[object]:
        return list(self.store.due.due(at))

    def open(self, finding: Finding, due_at: datetime | None = NOW) -> Finding:
        opened, event = finding.changed(Repair.PROPOSED, NOW)
        self.store.unit_of_work.commit(*self.findings.put(opened, event, due_at))
        return opened


@pytest.fixture
def books(racing_store: Store) -> Books:
    return Books(racing_store)


def _note(tenant: str = "demo", occasion: str = "", at: datetime = NOW) -> Finding:
    return a_finding(
        Kind.HELD_MONEY, tenant, ("payment", PAYMENT.id), Remedy.REFUND, at, occasion=occasion, detail={"a": 1}
    )


def test_an_open_payment_is_due_after_a_quarter_of_an_hour_until_it_is_paid(books: Books) -> None:
    store = books.store
    store.unit_of_work.commit(*store.payments.create(created()))
    assert books.due(NOW + CHECK_AFTER - timedelta(seconds=1)) == []
    assert books.due(NOW + CHECK_AFTER) == [DuePayment(PaymentKey("demo", PAYMENT.id))]
    paid = PAYMENT.apply(captured(), NOW)
    assert isinstance(paid, Change)
    store.unit_of_work.commit(*store.payments.update(paid))
    assert books.due() == []


def test_a_payment_can_be_put_off_or_left_alone_and_a_change_of_it_wins(books: Books) -> None:
    payments, commit = books.store.payments, books.store.unit_of_work.commit
    commit(*payments.create(created()))
    commit(payments.look_again(PAYMENT, NOW + timedelta(hours=2)))
    assert books.due(NOW + timedelta(hours=1)) == []
    assert len(books.due(NOW + timedelta(hours=2))) == 1
    commit(payments.look_again(PAYMENT, None))
    assert books.due() == []
    assert payments.get(PaymentKey("demo", PAYMENT.id)) == PAYMENT
    paid = PAYMENT.apply(captured(), NOW)
    assert isinstance(paid, Change)
    commit(*payments.update(paid))
    with pytest.raises(PaymentChanged):
        commit(payments.look_again(PAYMENT, NOW))


def test_a_request_is_due_when_its_lease_has_passed_until_it_is_answered(books: Books) -> None:
    idempotency, commit = books.store.idempotency, books.store.unit_of_work.commit
    commit(idempotency.begin(a_record()))
    assert books.due(NOW + LEASE - timedelta(seconds=1)) == []
    assert books.due(NOW + LEASE) == [DueRequest(a_record().id)]
    commit(idempotency.finish(a_record().finished(Response(201, "{}"), NOW)))
    assert books.due() == []


def test_a_provider_event_is_due_while_it_is_not_applied(books: Books) -> None:
    inbox, commit = books.store.inbox, books.store.unit_of_work.commit
    event = a_provider_event()
    inbox.accept(event)
    assert inbox.outcome("stripe", "evt_1") is None
    assert books.due(event.received_at + APPLIED_WITHIN - timedelta(seconds=1)) == []
    assert books.due(event.received_at + APPLIED_WITHIN) == [DueEvent("stripe", "evt_1")]
    commit(inbox.settle(event, Outcome.FAILED, event.received_at))
    assert inbox.outcome("stripe", "evt_1") is Outcome.FAILED
    assert books.due(event.received_at + timedelta(seconds=59)) == []
    assert books.due() == [DueEvent("stripe", "evt_1")]
    commit(inbox.put_away(event, NOW))
    assert books.due() == []
    commit(inbox.settle(event, Outcome.APPLIED, NOW))
    assert books.due() == []
    with pytest.raises(AlreadySettled):
        commit(inbox.put_away(event, NOW))


def test_what_piles_up_in_one_table_does_not_always_come_before_the_other(served: OnDynamo) -> None:
    """A run that is out of time begins elsewhere the next time, or a pile of events would hide all payments from it."""
    books = Books(served)
    books.store.inbox.accept(a_provider_event())
    books.store.unit_of_work.commit(*books.store.payments.create(created()))
    assert {type(books.due()[0]) for _ in range(20)} == {DueEvent, DuePayment}


def test_a_great_many_due_items_come_in_pages(books: Books) -> None:
    for number in range(230):
        books.store.unit_of_work.commit(books.store.idempotency.begin(a_record(id=f"idem_{number}")))
    assert len({due.id for due in books.due() if isinstance(due, DueRequest)}) == 230


def test_a_finding_is_kept_with_its_events_and_changes_from_its_version_only(books: Books) -> None:
    opened = books.open(_note())
    assert books.findings.get("demo", opened.id) == opened
    assert books.due() == [DueFinding("demo", opened.id)]
    with pytest.raises(FindingChanged):
        books.open(_note())
    mended, event = opened.changed(Repair.DONE, LATER)
    books.store.unit_of_work.commit(*books.findings.put(mended, event, None))
    assert books.findings.get("demo", opened.id) == mended
    assert books.due() == []
    with pytest.raises(FindingChanged):
        books.store.unit_of_work.commit(books.findings.look_again(opened, LATER))


def test_a_finding_is_put_off_and_nobody_elses_is_found(books: Books) -> None:
    opened = books.open(_note())
    books.store.unit_of_work.commit(books.findings.look_again(opened, LATER))
    assert books.due(LATER - timedelta(seconds=1)) == []
    assert books.findings.get("other", opened.id) is None


def test_findings_are_listed_by_tenant_and_state_newest_first_in_pages(books: Books) -> None:
    notes = [books.open(_note(occasion=str(n), at=NOW + timedelta(seconds=n))) for n in range(5)]
    books.open(_note(tenant="other"))
    mended, event = notes[0].changed(Repair.DONE, LATER)
    books.store.unit_of_work.commit(*books.findings.put(mended, event, None))
    seen: list[Finding] = []
    cursor = None
    while True:
        page = books.findings.list("demo", open_only=True, limit=3, cursor=cursor)
        seen += page.findings
        if (cursor := page.cursor) is None:
            break
    assert seen == notes[:0:-1]
    assert books.findings.list("demo", open_only=False, limit=3, cursor=None).findings == (mended,)


@pytest.mark.parametrize(
    "spoil", [lambda _: "x", lambda _: "W10", lambda _: "WzEsMl0", lambda c: c[:-4], lambda _: "é"]
)
def test_a_cursor_of_no_list_is_refused(books: Books, spoil: Callable[[str], str]) -> None:
    for number in range(3):
        books.open(_note(occasion=str(number)))
    cursor = books.findings.list("demo", open_only=True, limit=1, cursor=None).cursor
    assert cursor
    for tenant, is_open in (("other", True), ("demo", False)):
        with pytest.raises(InvalidCursor):
            books.findings.list(tenant, open_only=is_open, limit=1, cursor=cursor)
    with pytest.raises(InvalidCursor):
        books.findings.list("demo", open_only=True, limit=1, cursor=spoil(cursor))


def test_a_sweep_never_goes_back(books: Books) -> None:
    assert books.runs.mark("events") is None
    books.runs.advance("events", LATER)
    books.runs.advance("events", NOW)
    assert books.runs.mark("events") == LATER
    assert books.runs.mark("sessions") is None


def test_the_latest_runs_come_first(books: Books) -> None:
    assert books.runs.last(2) == ()
    runs = [_run(f"run_{number}", NOW + timedelta(minutes=5 * number)) for number in range(3)]
    for run in runs:
        books.runs.record(run)
    assert books.runs.last(2) == (runs[2], runs[1])


def test_events_are_found_by_time_across_hours_with_what_is_known_of_them(books: Books) -> None:
    store = books.store
    store.unit_of_work.commit(*store.payments.create(created()))
    paid = PAYMENT.apply(captured(), NOW + timedelta(hours=2))
    assert isinstance(paid, Change)
    store.unit_of_work.commit(*store.payments.update(paid))
    found = list(books.log.between(NOW, NOW + timedelta(hours=3)))
    assert sorted((event.sequence, event.type, event.seen) for event in found) == [
        (1, "payments.payment.created", False),
        (2, "payments.purchase.confirmed", False),
    ]
    assert {event.body for event in found} == {created().event.to_json(), paid.event.to_json()}
    assert [event.sequence for event in books.log.between(NOW, NOW + timedelta(hours=2))] == [1]
    assert not list(books.log.between(NOW + timedelta(milliseconds=1), NOW + timedelta(hours=2)))


def test_the_log_has_the_events_of_everything_and_tells_which_were_seen(books: Books) -> None:
    store = books.store
    store.unit_of_work.commit(*store.payments.create(created()))
    books.open(_note())
    store.unit_of_work.commit(*store.payouts.create(A_PAYOUT, replace(A_PAYOUT, updated_at=NOW).event(None)))
    counted = Occurrence("demo", PAYMENT.id, 1, "payments.payment.created", NOW, PAYMENT.amount, NOW)
    store.unit_of_work.commit(store.statistics.mark(counted))
    found = {(event.type, event.seen) for event in books.log.between(NOW, LATER)}
    assert found == {
        ("payments.payment.created", True),
        ("payments.reconciliation.found", False),
        ("payments.payout.requested", False),
    }


def test_of_many_runs_that_find_the_same_thing_one_notes_it(books: Books) -> None:
    outcomes: list[str] = []

    def note(number: int) -> None:
        mine = Books(books.store.sibling())
        try:
            mine.open(_note())
            outcomes.append("noted")
        except FindingChanged:
            outcomes.append("known")

    threads = [threading.Thread(target=note, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["known"] * 7 + ["noted"]


def _run(id_: str, at: datetime, **fields: Any) -> Run:
    run = Run(
        id=id_,
        trigger="schedule",
        started_at=at,
        finished_at=at,
        examined={"payments": 2},
        found={},
        repaired={"held_money": 1},
        needs_somebody=0,
        failed=0,
        complete=True,
        skipped=("stripe",),
    )
    return replace(run, **fields)

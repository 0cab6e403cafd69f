"""How far each consumer is, what became of each event there, and the events themselves, on every store alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import (
    GRACE,
    HOLD,
    REMEMBER,
    Aggregate,
    Attempt,
    Delivery,
    DeliveryState,
    Lane,
)
from tollgate.deliveries.ports import DeliveryChanged, LaneChanged, Wanted
from tollgate.kernel.clock import epoch
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidCursor
from tollgate.reconciliation.model import Finding, Kind, Remedy, Repair, a_finding
from tollgate.reconciliation.ports import DueLane

AT = Aggregate("demo", "payment", derived("pay", "1"))
FUNNEL = Consumer(
    "funnel", "https://funnel.example/events", frozenset({"demo", "other"}), frozenset({"payments.refund.*"}), NOW
)


def a_lane(**fields: object) -> Lane:
    return replace(Lane("funnel", AT), **fields)  # type: ignore[arg-type]


def a_delivery(number: int, **fields: object) -> Delivery:
    """First tried a minute after the one before."""
    at = NOW + timedelta(minutes=number)
    made = Delivery("funnel", AT, number, "payments.payment.created", at, at)
    return replace(made, **fields).tried(Attempt(at, 12, 204), None, at)  # type: ignore[arg-type]


def stored(store: Store, *deliveries: Delivery) -> None:
    for each in deliveries:
        store.unit_of_work.commit(store.delivery_log.put(each))


def test_consumers_are_known_by_their_keys_and_replaced_whole(store: Store) -> None:
    assert store.consumers.all() == ()
    changed = replace(FUNNEL, url="https://other.example/", types=frozenset(), active=False)
    for each in (FUNNEL, replace(FUNNEL, key="second"), changed):
        store.consumers.put(each)
    assert set(store.sibling().consumers.all()) == {changed, replace(FUNNEL, key="second")}


def test_an_aggregates_events_come_in_order_from_a_position_on(store: Store) -> None:
    finding, other = (
        a_finding(Kind.HELD_MONEY, "demo", ("payment", id_), Remedy.DECIDE, NOW) for id_ in ("pay_1", "pay_2")
    )
    written = [_next(store, finding) for _ in range(12)]
    _next(store, other)
    of = Aggregate("demo", "finding", finding.id)
    found = store.histories.after(of, 0, 100)
    assert [each.sequence for each in found] == list(range(1, 13))
    assert [(each.id, each.type, each.occurred_at, each.body) for each in found] == [
        (event.id, event.type, event.occurred_at, event.to_json()) for event in written
    ]
    assert [each.sequence for each in store.histories.after(of, 9, 2)] == [10, 11]
    assert list(store.histories.after(of, 12, 2)) == []
    assert list(store.histories.after(replace(of, tenant="other"), 0, 2)) == []


def test_a_lane_is_as_it_was_put_and_of_this_consumer_and_aggregate_only(store: Store) -> None:
    assert store.lanes.get("funnel", AT) is None
    taken = a_lane().taken(3, "hold_1", NOW)
    waiting = taken.put_off(4, NOW + timedelta(hours=1))
    for lane in (taken, waiting, again := waiting.taken(3, "hold_2", NOW), again.at_rest()):
        store.unit_of_work.commit(store.lanes.put(lane))
        assert store.sibling().lanes.get("funnel", AT) == lane
    for consumer, of in (("second", AT), ("funnel", replace(AT, tenant="other")), ("funnel", replace(AT, type="x"))):
        assert store.lanes.get(consumer, of) is None


def test_of_two_who_take_a_lane_one_has_it(store: Store) -> None:
    store.unit_of_work.commit(store.lanes.put(a_lane().taken(1, "hold_1", NOW)))
    for late in (a_lane().taken(1, "hold_2", NOW), a_lane(version=5).taken(1, "hold_2", NOW)):
        with pytest.raises(LaneChanged):
            store.unit_of_work.commit(store.lanes.put(late))


def test_a_lane_is_due_while_its_event_was_tried_in_vain(store: Store) -> None:
    taken = a_lane().taken(1, "hold_1", NOW)
    store.unit_of_work.commit(store.lanes.put(taken))
    later = NOW + timedelta(days=1)
    assert list(store.due.due(later)) == [], "the queue brings it again"
    waiting = taken.put_off(1, NOW + timedelta(minutes=1))
    store.unit_of_work.commit(store.lanes.put(waiting))
    at = NOW + timedelta(minutes=1) + GRACE
    assert list(store.due.due(at - timedelta(seconds=1))) == []
    assert list(store.due.due(at)) == [DueLane("funnel", AT)]
    store.unit_of_work.commit(store.lanes.look_again(waiting, at + timedelta(minutes=5)))
    assert list(store.due.due(at)) == []
    assert list(store.due.due(later)) == [DueLane("funnel", AT)]
    again = waiting.taken(1, "hold_2", at)
    store.unit_of_work.commit(store.lanes.put(again))
    assert list(store.due.due(at + HOLD + GRACE)) == [DueLane("funnel", AT)]
    with pytest.raises(LaneChanged):
        store.unit_of_work.commit(store.lanes.look_again(waiting, later))
    store.unit_of_work.commit(store.lanes.put(again.at_rest()))
    assert list(store.due.due(later)) == []


def test_a_delivery_is_as_it_was_put_and_of_this_tenant_only(store: Store) -> None:
    waiting = a_delivery(1).tried(Attempt(NOW, 7001, None, "no_answer", by_hand=True), NOW, NOW)
    assert store.delivery_log.get("demo", waiting.id) is None
    stored(store, replace(waiting, version=1, try_at=NOW, state=DeliveryState.WAITING))
    found = store.delivery_log.get("demo", waiting.id)
    assert found == replace(waiting, version=1, try_at=NOW, state=DeliveryState.WAITING)
    assert store.delivery_log.get("other", waiting.id) is None


def test_of_two_tries_that_are_noted_at_once_the_second_is_told_of_the_first(store: Store) -> None:
    first = a_delivery(1)
    stored(store, first)
    with pytest.raises(DeliveryChanged) as changed:
        stored(store, a_delivery(1, created_at=NOW))
    assert changed.value.stored == first
    stored(store, first.tried(Attempt(NOW, 3, 500), None, NOW))


def test_a_tenants_deliveries_are_listed_newest_first_in_pages(store: Store) -> None:
    made = [a_delivery(number) for number in range(1, 8)]
    made[2] = replace(made[2], state=DeliveryState.FAILED)
    made[4] = a_delivery(5, consumer="second")
    made[5] = a_delivery(6, aggregate=replace(AT, id="pay_other"))
    stored(store, *made, a_delivery(1, aggregate=replace(AT, tenant="other")))

    def listed(wanted: Wanted, limit: int = 100) -> list[int]:
        found: list[int] = []
        cursor: str | None = None
        while True:
            page = store.delivery_log.list(
                "demo", wanted, since=NOW, until=NOW + timedelta(hours=1), limit=limit, cursor=cursor
            )
            found += [each.sequence for each in page.deliveries]
            if (cursor := page.cursor) is None:
                return found

    assert listed(Wanted()) == listed(Wanted(), 2) == [7, 6, 5, 4, 3, 2, 1]
    assert listed(Wanted(consumer="second")) == [5]
    assert listed(Wanted(state=DeliveryState.FAILED)) == [3]
    assert listed(Wanted(aggregate_id="pay_other"), 1) == [6]
    assert listed(Wanted("funnel", DeliveryState.DELIVERED, AT.id), 1) == [7, 4, 2, 1]


def test_a_cursor_is_good_for_the_list_that_gave_it(store: Store) -> None:
    stored(store, *(a_delivery(number) for number in range(1, 4)))
    until = NOW + timedelta(hours=1)
    page = store.delivery_log.list("demo", Wanted(), since=NOW, until=until, limit=1, cursor=None)
    assert page.cursor
    for tenant, wanted, cursor in (("other", Wanted(), page.cursor), ("demo", Wanted("funnel"), page.cursor)):
        with pytest.raises(InvalidCursor):
            store.delivery_log.list(tenant, wanted, since=NOW, until=until, limit=1, cursor=cursor)


def test_a_delivery_leaves_a_month_after_its_last_try(dynamo: OnDynamo) -> None:
    stored(dynamo, a_delivery(1))
    kept = dynamo.core.get(keys.delivery("demo", a_delivery(1).id))
    assert kept is not None
    assert kept["ttl"] == {"N": str(epoch(NOW + timedelta(minutes=1) + REMEMBER))}


def _next(store: Store, finding: Finding) -> Event:
    """One more event of its history."""
    known = store.findings.get(finding.tenant, finding.id) or finding
    after, event = known.changed(Repair.PROPOSED, NOW + timedelta(seconds=known.version))
    store.unit_of_work.commit(*store.findings.put(after, event, None))
    return event

"""Circuits and operators' rules, as all stores keep them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.routing.circuit import OPEN_FOR, Cause, Circuit
from tollgate.routing.ports import CircuitChanged
from tollgate.routing.rules import RoutingRules, StoredRules

LATER = NOW + OPEN_FOR
RULES = StoredRules(RoutingRules(frozenset({"stripe", "mock"}), ("segpay", "square")), "boss", NOW)


def open_one(store: Store, provider: str = "stripe") -> Circuit:
    opened, event = Circuit(provider).opened(Cause.FAILURE_RATE, NOW)
    store.unit_of_work.commit(*store.circuits.put(opened, event))
    return opened


def test_a_circuit_comes_back_as_it_was_stored_at_each_turn(store: Store) -> None:
    assert store.circuits.read(["stripe"]) == ()
    opened = open_one(store)
    assert store.circuits.read(["stripe"]) == (opened,)
    leased = opened.leased("probe_1", LATER)
    reopened = leased.reopened(LATER)
    for turn in (leased, reopened):
        store.unit_of_work.commit(*store.circuits.put(turn))
        assert store.circuits.read(["stripe"]) == (turn,)
    closed, event = reopened.closed(LATER)
    store.unit_of_work.commit(*store.circuits.put(closed, event))
    assert store.circuits.read(["stripe"]) == (closed,)


def test_all_are_read_together_and_those_that_nobody_wrote_are_left_out(store: Store) -> None:
    written = {open_one(store, provider) for provider in ("stripe", "segpay")}
    assert set(store.circuits.read(["stripe", "square", "segpay"])) == written
    assert store.circuits.read([]) == ()


def test_a_turn_and_its_event_are_stored_together(store: Store) -> None:
    open_one(store)
    found = list(store.event_log.between(NOW, NOW + timedelta(seconds=1)))
    assert [(each.type, each.tenant, each.sequence) for each in found] == [("payments.provider.circuit_opened", "*", 1)]
    with pytest.raises(CircuitChanged):
        open_one(store)
    assert len(list(store.event_log.between(NOW, NOW + timedelta(seconds=1)))) == 1


def test_whoever_comes_second_is_told_what_the_first_wrote(store: Store) -> None:
    opened = open_one(store)
    leased = opened.leased("probe_1", LATER)
    store.unit_of_work.commit(*store.circuits.put(leased))
    for late in (opened.leased("probe_2", LATER), opened.reopened(LATER)):
        with pytest.raises(CircuitChanged) as refused:
            store.unit_of_work.commit(*store.circuits.put(late))
        assert refused.value.stored == leased


def test_a_circuit_that_is_gone_is_a_closed_one(store: Store) -> None:
    opened, _ = Circuit("stripe").opened(Cause.FAILURE_RATE, NOW)
    with pytest.raises(CircuitChanged) as refused:
        store.unit_of_work.commit(*store.circuits.put(opened.leased("probe_1", LATER)))
    assert refused.value.stored == Circuit("stripe")


def test_of_twenty_who_see_an_outage_one_opens_the_circuit(racing_store: Store) -> None:
    results = race(racing_store, 20, lambda store, _: open_one(store))
    assert kinds(results) == {"Circuit": 1, "CircuitChanged": 19}
    assert len(list(racing_store.event_log.between(NOW, NOW + timedelta(seconds=1)))) == 1


def test_of_twenty_who_want_the_probe_one_gets_it(racing_store: Store) -> None:
    opened = open_one(racing_store)

    def lease(store: Store, number: int) -> str:
        store.unit_of_work.commit(*store.circuits.put(opened.leased(f"probe_{number}", LATER)))
        return f"probe_{number}"

    results = race(racing_store, 20, lease)
    assert kinds(results) == {"str": 1, "CircuitChanged": 19}
    (holder,) = (each for each in results if isinstance(each, str))
    assert [each.prober for each in racing_store.circuits.read(["stripe"])] == [holder]
    assert {each.stored.prober for each in results if isinstance(each, CircuitChanged)} == {holder}


def test_rules_come_back_as_they_were_written(store: Store) -> None:
    assert store.rules.stored("demo") == StoredRules()
    store.unit_of_work.commit(store.rules.put("demo", RULES))
    assert store.rules.stored("demo") == RULES
    after = StoredRules(RoutingRules(), "service:platform", LATER)
    store.unit_of_work.commit(store.rules.put("demo", after))
    assert store.rules.stored("demo") == after
    assert store.rules.stored("other") == StoredRules()


def test_a_tenants_rules_hold_with_those_for_everybody(store: Store) -> None:
    shared = StoredRules(RoutingRules(frozenset({"paypal"}), ("square",)), "boss", NOW)
    for tenant, rules in (("demo", RULES), ("*", shared)):
        store.unit_of_work.commit(store.rules.put(tenant, rules))
    assert store.rules.effective("demo") == RoutingRules(frozenset({"stripe", "mock", "paypal"}), ("segpay", "square"))
    assert store.rules.effective("other") == store.rules.effective("*") == shared.rules


def test_rules_that_nobody_wrote_are_not_stored(store: Store) -> None:
    with pytest.raises(ValueError, match="by somebody"):
        store.rules.put("demo", StoredRules(RULES.rules))


# --- what only the adapter promises ---


def test_rules_are_seen_within_a_minute_and_read_once_in_it(dynamo: OnDynamo) -> None:
    time = [0.0]
    other = dynamo.sibling(monotonic=lambda: time[0])
    assert other.rules.effective("demo") == RoutingRules()
    dynamo.unit_of_work.commit(dynamo.rules.put("demo", RULES))
    time[0] = 59.0
    assert other.rules.effective("demo") == RoutingRules()
    assert other.rules.stored("demo") == RULES
    time[0] = 60.0
    assert other.rules.effective("demo") == RULES.rules


def test_a_circuit_lies_beside_its_events(dynamo: OnDynamo) -> None:
    open_one(dynamo)
    pk, sk = keys.circuit("stripe")
    assert [item["sk"]["S"] for item in dynamo.core.query_all(pk, "")] == [sk, "EVENT#0000000001"]

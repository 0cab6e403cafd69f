"""Providers' circuits and operators' rules on the core table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.cache import Cache
from tollgate.adapters.dynamodb.routing_items import CircuitItem, RoutingRulesItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import from_iso, to_iso
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.routing.circuit import Cause, Circuit, CircuitState
from tollgate.routing.ports import CircuitChanged, CircuitRepository, RuleRepository
from tollgate.routing.rules import EVERY_TENANT, RoutingRules, StoredRules


class DynamoCircuits(CircuitRepository):
    """One item per provider, written when it opens, is tried, or closes."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def read(self, providers: Sequence[str]) -> tuple[Circuit, ...]:
        raws = self._core.get_all([keys.circuit(each) for each in providers]) if providers else []
        return tuple(_circuit(raw) for raw in raws)

    def put(self, circuit: Circuit, event: Event | None = None) -> tuple[Write, ...]:
        before = circuit.version - 1
        as_before = CircuitItem.version == before if before else CircuitItem.pk.does_not_exist()
        item = _circuit_item(circuit)

        def changed(stored: Raw | None) -> Exception:
            return CircuitChanged(_circuit(stored) if stored else Circuit(circuit.provider))

        # Whoever wrote the same as we is as good as we; a lease names its holder.
        written = item.serialize()
        write = self._core.put(item, as_before, changed, is_ours=lambda stored: stored == written)
        return (write, event_items.append(self._core, event)) if event else (write,)


class DynamoRules(RuleRepository):
    """A change is seen everywhere within the cache's minute."""

    def __init__(self, core: Table, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._cache: Cache[str, RoutingRules] = Cache(self._read, monotonic)

    def effective(self, tenant: str) -> RoutingRules:
        return self._cache.get(tenant)

    def stored(self, tenant: str) -> StoredRules:
        raw = self._core.get(keys.routing_rules(tenant))
        return _rules(raw) if raw else StoredRules()

    def put(self, tenant: str, rules: StoredRules) -> Write:
        if rules.by is None or rules.at is None:
            raise ValueError("rules are written by somebody, at some time")
        pk, sk = keys.routing_rules(tenant)
        item = RoutingRulesItem(
            pk=pk,
            sk=sk,
            kind="routing_rules",
            disabled=json.dumps(sorted(rules.rules.disabled)),
            order=json.dumps(rules.rules.order),
            written_by=rules.by,
            written_at=to_iso(rules.at),
        )
        return self._core.put(item, None, lambda _: StoreUnavailable())

    def _read(self, tenant: str) -> RoutingRules:
        raws = self._core.get_all([keys.routing_rules(tenant), keys.routing_rules(EVERY_TENANT)])
        found = {raw["pk"]["S"]: _rules(raw).rules for raw in raws}
        own, shared = (found.get(keys.routing_rules(each)[0], RoutingRules()) for each in (tenant, EVERY_TENANT))
        return own.under(shared)


def _circuit_item(circuit: Circuit) -> CircuitItem:
    pk, sk = keys.circuit(circuit.provider)
    return CircuitItem(
        pk=pk,
        sk=sk,
        kind="circuit",
        state=circuit.state.value,
        version=circuit.version,
        sequence=circuit.sequence,
        failures=circuit.failures,
        since=to_iso(circuit.since) if circuit.since else None,
        probe_at=to_iso(circuit.probe_at) if circuit.probe_at else None,
        cause=circuit.cause.value if circuit.cause else None,
        prober=circuit.prober,
    )


def _circuit(raw: Raw) -> Circuit:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    return Circuit(
        provider=text["pk"].split("#", 2)[2],
        state=CircuitState(text["state"]),
        version=int(raw["version"]["N"]),
        sequence=int(raw["sequence"]["N"]),
        since=from_iso(text["since"]) if "since" in text else None,
        probe_at=from_iso(text["probe_at"]) if "probe_at" in text else None,
        cause=Cause(text["cause"]) if "cause" in text else None,
        failures=int(raw["failures"]["N"]),
        prober=text.get("prober"),
    )


def _rules(raw: Raw) -> StoredRules:
    rules = RoutingRules(frozenset(json.loads(raw["disabled"]["S"])), tuple(json.loads(raw["order"]["S"])))
    return StoredRules(rules, raw["written_by"]["S"], from_iso(raw["written_at"]["S"]))

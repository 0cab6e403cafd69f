"""What is counted: no actions of its own, since a subscriber of the bus counts (see `mail`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.capability import Capability
from tests.simulation.seen import Seen
from tollgate.statistics.model import OUTCOME_OF, Outcome, month_of
from tollgate.statistics.months import MonthTally


def everything_is_counted_once(seen: Seen) -> Iterator[str]:
    happened: dict[tuple[str, str], Counter[Outcome]] = {}
    for event in seen.events():
        if event.type in OUTCOME_OF:
            month = happened.setdefault((event.tenant, month_of(event.occurred_at)), Counter())
            month[OUTCOME_OF[event.type]] += 1
    for (tenant, month_), counts in happened.items():
        told = seen.world.rooms.stored.statistics.of_months(tenant, [month_])[month_]
        if told != _tally(counts):
            yield f"{tenant} in {month_}: {told} are counted of {dict(counts)}"


def _tally(counts: Counter[Outcome]) -> MonthTally:
    return MonthTally(
        successful=counts[Outcome.SUCCESSFUL],
        refunded=counts[Outcome.REFUNDED],
        disputed=counts[Outcome.DISPUTED],
        won=counts[Outcome.DISPUTE_WON],
        lost=counts[Outcome.DISPUTE_LOST],
    )


STATISTICS = Capability("statistics", actions=(), invariants=(everything_is_counted_once,))

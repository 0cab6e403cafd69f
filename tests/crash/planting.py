"""Operations that are tried after a bug was planted."""

from __future__ import annotations

from dataclasses import replace

from tests.crash.operations_charged_orders import ORDERS
from tests.crash.operations_charges import CHARGES
from tests.crash.operations_checkout import CHECKOUT
from tests.crash.operations_debts import DEBTS
from tests.crash.operations_dunning import DUNNING
from tests.crash.operations_events import EVENTS
from tests.crash.operations_failover import FAILOVER
from tests.crash.operations_gift_cards import GIFT_CARDS
from tests.crash.operations_group_holds import GROUP_HOLDS
from tests.crash.operations_groups import GROUPS
from tests.crash.operations_lost_charges import LATE, UNKNOWN
from tests.crash.operations_lost_renewals import LOST
from tests.crash.operations_payouts import PAYOUTS
from tests.crash.operations_renewals import RENEWALS
from tests.crash.operations_resale import RESALES
from tests.crash.operations_subscriptions import SUBSCRIPTIONS
from tests.crash.operations_tenders import TENDERS
from tests.support.crashing import Harness, Tried
from tests.support.crashing_faults import FAULTS

_OPERATIONS = (
    *CHECKOUT,
    *EVENTS,
    *PAYOUTS,
    *GIFT_CARDS,
    *TENDERS,
    *FAILOVER,
    *CHARGES,
    *UNKNOWN,
    LATE,
    *SUBSCRIPTIONS,
    *DUNNING,
    *ORDERS,
    *RENEWALS,
    *LOST,
    *DEBTS,
    *GROUPS,
    *GROUP_HOLDS,
    *RESALES,
)


def tried_with(harness: Harness, operation: str, *faults: str, at: str = "") -> Tried:
    """An operation with some of its faults, after it was composed anew with the bug in it; `at` one call alone."""
    chosen = next(each for each in _OPERATIONS if each.name == operation)
    found = tuple(fault for fault in FAULTS if fault.name in faults)
    assert len(found) == len(faults)
    return harness.enumerate(replace(chosen, faults=found), lambda point: at in ("", point.call.name))


def named(tried: Tried) -> set[str]:
    """The invariants that the bug broke at some fault."""
    return {violation.invariant for violation in tried.violations if violation.point != "no fault"}

"""Renewals and tries of debts whose answer was lost: whoever comes first finds out, the next sweep, a webhook or the
reconciler.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from types import ModuleType

from tests.crash.operations_charges import ASKED_AFTER, INTENTS, SURE_AFTER
from tests.crash.operations_debts import owing_in_vain, tried, tried_in_vain
from tests.crash.operations_events import apply
from tests.crash.operations_failover import KILLING
from tests.crash.operations_renewals import PATIENCE, STALLED, all_comes, due, renewed
from tests.crash.operations_subscriptions import PRICE, stands, taken
from tests.support.crashing import Operation, Step
from tests.support.crashing_faults import FAULTS
from tests.support.crashing_renewals import GOOD, pay_with, save, step, steps, subscription, sweep, sweeps
from tests.support.crashing_seen import Seen
from tests.support.crashing_wire import Call
from tests.support.crashing_world import World
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.idempotency import record_id
from tollgate.payments.lifecycle import NEVER_MADE
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueRequest
from tollgate.subscriptions.model import charge_scope

DROPPED, RESET = "provider's answer lost", "provider resets the connection"

# --- what they are prepared with ---


def _lost(world: World) -> None:
    """Stripe has charged the renewal, and its answer was lost; nor does it tell."""
    due(world)
    _lose(world, sweep, DROPPED)


def _lost_and_told(world: World) -> None:
    """As well, and its webhook is accepted."""
    _lost(world)
    world.subscribed = ("payment_intent.",)
    world.deliver_all()
    world.inbox.look()


def _never_sent(world: World) -> None:
    """Stripe never got it, and by now that is sure."""
    due(world)
    _lose(world, sweep, RESET)
    world.clock.advance(SURE_AFTER)


def _try_never_sent(world: World) -> None:
    """Nor a planned try of a debt."""
    owing_in_vain(world)
    _lose(world, step, RESET)
    world.clock.advance(SURE_AFTER)


def _try_lost(world: World) -> None:
    """Stripe was asked for a debt in vain, and nobody has heard; its user has found another card."""
    owing_in_vain(world)
    world.purchase.sources = {"stripe": save(world, GOOD)}
    _lose(world, step, DROPPED)


def _lose(world: World, charges: Step, fault: str) -> None:
    world.subscribed = ()
    lost = next(each for each in FAULTS if each.name == fault)
    with world.wire.armed(0, replace(lost, fits=lambda call: call == Call(INTENTS), lasting=True)):
        charges(world)
    assert _is_charging(world)
    world.stripe.calm()
    world.flow()
    world.clock.advance(ASKED_AFTER)


def _is_charging(world: World) -> bool:
    of = subscription(world)
    return of is not None and of.charging is not None


# --- whoever finds out ---


def _examine(world: World) -> None:
    """A run of the reconciler, as far as it is about the charge. Where it fails, the next run comes."""
    of = subscription(world)
    if of is None or of.charging is None:
        return
    due_request = DueRequest(record_id(*charge_scope(of, of.charging.key)))

    def examine(instance: ModuleType) -> None:
        reconciler = instance.reconciler._reconciler
        notes = Notes(reconciler._findings, reconciler._unit_of_work, reconciler._clock, lambda _what, _error: None)
        with suppress(TollgateError):
            reconciler._look_at(due_request, notes)

    world.within("reconciler", examine)


def _look_again(world: World) -> None:
    """It comes back, and may first find Stripe as ill as before."""
    for _ in range(2):
        if _is_charging(world):
            world.clock.advance(SURE_AFTER)
            _examine(world)


def _take(world: World) -> None:
    pay_with(world, world.purchase.sources["stripe"])


def _take_again(world: World) -> None:
    """Until it is paid: what was on its way stands for the first."""
    for _ in range(3):
        _take(world)
        world.clock.advance(ASKED_AFTER)


# --- how it should end ---


def _renewed_under_another_key(seen: Seen) -> Iterator[str]:
    yield from renewed(seen)
    yield from _never_made(seen, 1)


def _tried_under_another_key(seen: Seen) -> Iterator[str]:
    yield from tried_in_vain(seen)
    yield from _never_made(seen, 1)


def _never_made(seen: Seen, times: int) -> Iterator[str]:
    """A payment that is so was charged by nobody."""
    found = [each for each in seen.of("payment") if each.get("reason") == {"S": NEVER_MADE}]
    if len(found) != times:
        yield f"{len(found)} were never made"


def _declined_and_paid_with_another(seen: Seen) -> Iterator[str]:
    said = ("payment_failed", "card_given")
    of = [each["type"].rpartition(".")[2] for each in seen.events(seen.purchase.subscription)]
    ordered = said if of.index("payment_failed") < of.index("card_given") else said[::-1]
    yield from stands(seen, "active", "activated", "grace_started", *ordered, "grace_ended", "renewed")
    yield from taken(seen, PRICE, PRICE)
    yield from tried(seen, 3)


LOST = (
    Operation(
        "renewal of unknown outcome, next sweep",
        prepare=_lost,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=renewed,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
    Operation(
        "renewal of unknown outcome, told",
        prepare=_lost_and_told,
        act=apply,
        retry=sweeps,
        onward=all_comes,
        settled=renewed,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
    Operation(
        "renewal of unknown outcome, reconciled",
        prepare=_lost,
        act=_examine,
        retry=_look_again,
        onward=all_comes,
        settled=renewed,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
    Operation(
        "renewal that was never made, reconciled",
        prepare=_never_sent,
        act=_examine,
        retry=_look_again,
        onward=all_comes,
        settled=_renewed_under_another_key,
        faults=KILLING,
        waits=PATIENCE,
    ),
    Operation(
        "renewal that was never made, next sweep",
        prepare=_never_sent,
        act=sweep,
        retry=sweeps,
        onward=all_comes,
        settled=_renewed_under_another_key,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
    Operation(
        "renewal dunning, try never made",
        prepare=_try_never_sent,
        act=step,
        retry=steps,
        onward=steps,
        settled=_tried_under_another_key,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
    Operation(
        "renewal debt, another method while a try is unheard",
        prepare=_try_lost,
        act=_take,
        retry=_take_again,
        onward=_take_again,
        settled=_declined_and_paid_with_another,
        faults=(*KILLING, *STALLED),
        waits=PATIENCE,
    ),
)

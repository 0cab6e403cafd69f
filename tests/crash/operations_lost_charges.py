"""Charges whose answer was lost: the reconciler asks what has become of them, since nobody else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from types import ModuleType

from tests.crash.operations_charges import (
    ASKED_AFTER,
    CHALLENGED,
    GOOD,
    INTENTS,
    OPERATION,
    SURE_AFTER,
    a_buyer,
    charge,
    charge_once,
    given_up,
    nothing_was_made,
    paid,
)
from tests.crash.operations_failover import KILLING
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_faults import FAULTS
from tests.support.crashing_seen import Seen, look
from tests.support.crashing_webhooks import SUBSCRIBED
from tests.support.crashing_wire import Call
from tests.support.crashing_world import World
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.idempotency import record_id
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueRequest

# --- what they are prepared with ---


def _unheard(world: World) -> None:
    """Stripe has taken the money, and its answer was lost."""
    _lose(world, GOOD, "provider's answer lost")
    world.clock.advance(ASKED_AFTER)


def _unheard_while_the_bank_asks(world: World) -> None:
    """The bank wants the buyer to confirm, who never hears of it."""
    _lose(world, CHALLENGED, "provider's answer lost")
    world.clock.advance(ASKED_AFTER)


def _never_made(world: World) -> None:
    """Stripe never got it, and by now that is sure."""
    _lose(world, GOOD, "provider resets the connection")
    world.clock.advance(SURE_AFTER)


def _lose(world: World, sources: Mapping[str, str], fault: str) -> None:
    a_buyer(world, sources)
    world.subscribed = ()
    lost = next(each for each in FAULTS if each.name == fault)
    with world.wire.armed(0, replace(lost, fits=lambda call: call == Call(INTENTS), lasting=True)):
        charge(world)
    (answer,) = world.purchase.refusals
    assert (answer.status, answer.body["outcome"]) == (202, "unknown"), answer
    world.stripe.calm()
    world.flow()


def buyer_without_webhooks(world: World) -> None:
    """Only whoever asks learns what has become of it."""
    a_buyer(world)
    world.subscribed = ()


# --- the reconciler, and whoever comes back in the end ---


def _examine(world: World) -> None:
    """A run of it as far as it is about this request. Where it fails, the next run comes."""
    due = DueRequest(record_id(TENANT, world.purchase.user, OPERATION, world.purchase.key))

    def examine(instance: ModuleType) -> None:
        reconciler = instance.reconciler._reconciler
        notes = Notes(reconciler._findings, reconciler._unit_of_work, reconciler._clock, lambda _what, _error: None)
        with suppress(TollgateError):
            reconciler._look_at(due, notes)

    world.within("reconciler", examine)


def _look_again(world: World) -> None:
    """It comes back, and may first find Stripe as ill as before."""
    for _ in range(2):
        if any("response_status" not in image for image in look(world).of("idempotency")):
            world.clock.advance(SURE_AFTER)
            _examine(world)


def _come_back(world: World) -> None:
    """Long after, the client wants to know; whatever was not delivered comes as well."""
    world.subscribed = SUBSCRIBED
    world.flow()
    charge_once(world)


# --- how it should end ---


def _as_stripe_has_it(seen: Seen) -> Iterator[str]:
    yield from paid(seen) if seen.charges else nothing_was_made(seen)


LATE = Operation(
    "charge, client late",
    prepare=buyer_without_webhooks,
    act=charge,
    retry=charge,
    onward=_come_back,
    settled=_as_stripe_has_it,
    faults=KILLING,
    waits=(SURE_AFTER,),
)
UNKNOWN = (
    Operation(
        "charge of unknown outcome, made",
        prepare=_unheard,
        act=_examine,
        retry=_look_again,
        onward=_come_back,
        settled=paid,
        faults=KILLING,
    ),
    Operation(
        "charge of unknown outcome, challenged",
        prepare=_unheard_while_the_bank_asks,
        act=_examine,
        retry=_look_again,
        onward=_come_back,
        settled=given_up,
        faults=KILLING,
    ),
    Operation(
        "charge of unknown outcome, not made",
        prepare=_never_made,
        act=_examine,
        retry=_look_again,
        onward=_come_back,
        settled=nothing_was_made,
        faults=KILLING,
    ),
)

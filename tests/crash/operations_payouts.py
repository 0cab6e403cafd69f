"""Operations that pay sellers out, of what was posted for them (`crashing_sellers.py` says why)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

from tests.crash.invariants_of_reversals import key_is_spent
from tests.crash.operations_checkout import BRIEF
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_faults import FAULTS
from tests.support.crashing_seen import Seen, look, payment_id
from tests.support.crashing_sellers import earn, sweep, venue_path
from tests.support.crashing_stripe import Move
from tests.support.crashing_wire import Call
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import token
from tollgate.kernel.errors import TollgateError
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayout

AMOUNT = 20_000
# Stripe has forgotten the keys of what was sent then.
FORGOTTEN = timedelta(hours=24)
# Past the five minutes after which the provider is asked about an unknown one; then it is put off for as long as it has
# been open, and at least for a quarter of an hour.
ASKED_AFTER, PATIENCE = 6 * 60, (10 * 60, 30 * 60)
TRANSFER, PAYOUT = "stripe.POST /v1/transfers", "stripe.POST /v1/payouts"


# --- owners and their banks ---


def _ask_once(world: World, *, instant: bool) -> Answer:
    purchase = world.purchase
    owner = token(purchase.user, TENANT, "venue_owner", venues=[purchase.venue])
    headers = {"authorization": f"Bearer {owner}", "idempotency-key": purchase.key}
    body = {"amount": AMOUNT, "instant": instant}
    return purchase.hear(world.call("POST", venue_path(world, "payout"), body, headers, "venue_api"))


def _ask(world: World) -> None:
    _ask_once(world, instant=False)


def _ask_instantly(world: World) -> None:
    _ask_once(world, instant=True)


def _insist(world: World) -> None:
    """The owner asks with the same key until there is an answer, and once more."""
    _insist_on(world, instant=False)


def _insist_instantly(world: World) -> None:
    _insist_on(world, instant=True)


def _insist_on(world: World, *, instant: bool) -> None:
    first = world.until_answered(lambda: _ask_once(world, instant=instant))
    assert first.status == 200, first
    assert _ask_once(world, instant=instant).body == first.body
    _look_again(world)


def _keys_are_forgotten(world: World) -> None:
    """Where Stripe repeats a failure for as long as it keeps the key, that is waited for."""
    if _is_open(world):
        world.clock.advance(FORGOTTEN.total_seconds())
        sweep(world)
        world.reconcile()


def _bank_pays(world: World) -> None:
    """In the end the bank has what Stripe has sent."""
    _keys_are_forgotten(world)
    for payout in world.stripe.payouts():
        if payout.on_its_way:
            world.stripe.banks("paid", payout)


# --- what they are prepared with ---


def earned_again(world: World) -> None:
    """What an instance reads once in a while is read: another venue was paid out just now."""
    earn(world)
    _insist(world)
    world.begin()
    earn(world)


def _sent(world: World) -> Move:
    """On its way to the bank, and nothing else is open."""
    earn(world)
    _insist_instantly(world)
    world.flow()
    (payout,) = world.stripe.payouts()
    return payout


def _paid_at_the_bank(world: World) -> None:
    world.stripe.banks("paid", _sent(world))


def _refused_by_the_bank(world: World) -> None:
    world.stripe.banks("failed", _sent(world))


def _returned_by_the_bank(world: World) -> None:
    """The bank sends back what it had, which was told."""
    payout = _sent(world)
    world.stripe.banks("paid", payout)
    world.flow()
    world.stripe.banks("failed", payout)


def _refused_and_told(world: World) -> None:
    _refused_by_the_bank(world)
    world.flow()


def _unheard(world: World) -> None:
    """Stripe has sent it, and its answer was lost."""
    _lose(world, "provider's answer lost", PAYOUT)


def _unsent(world: World) -> None:
    """Stripe never got the transfer, and nobody knows."""
    _lose(world, "provider resets the connection", TRANSFER)


def _lose(world: World, fault: str, name: str) -> None:
    earn(world)
    lost = next(each for each in FAULTS if each.name == fault)
    with world.wire.armed(0, replace(lost, fits=lambda call: call == Call(name), lasting=True)):
        _ask(world)
    (answer,) = world.purchase.answers
    assert answer.body["status"] == "unknown", answer
    world.stripe.calm()
    world.flow()


# --- what happens ---


def _hear(world: World) -> None:
    """The bank's word is accepted, and applied."""
    for delivery in world.listen():
        world.deliver(delivery)
    world.inbox.look()
    if world.inbox.pending:
        world.inbox.deliver()


def _examine(world: World) -> None:
    """A run of the reconciler as far as it is about this payout: what it lists and sweeps besides is the same for all
    that is due, and many times as many calls. Where it fails, the next run comes.
    """

    def examine(instance: ModuleType) -> None:
        reconciler = instance.reconciler._reconciler
        notes = Notes(reconciler._findings, reconciler._unit_of_work, reconciler._clock, lambda _what, _error: None)
        with suppress(TollgateError):
            reconciler._look_at(DuePayout(TENANT, payout), notes)

    (payout,) = (payment_id(image) for image in look(world).of("payout"))
    world.clock.advance(ASKED_AFTER)
    world.within("reconciler", examine)


def _look_again(world: World) -> None:
    """The reconciler comes back, less often each time, and may first find the provider as ill as before."""
    for seconds in PATIENCE:
        if _is_open(world):
            world.clock.advance(seconds)
            _examine(world)


def _is_open(world: World) -> bool:
    """Whether something is left to do that no bank is at."""
    return any("due" in image and image["state"]["S"] != "sent" for image in look(world).of("payout"))


# --- how it should end ---


def _ended_paid(seen: Seen) -> Iterator[str]:
    """Or given up, where it was never made and could not be made any more."""
    for image in seen.of("payout"):
        state, reason = image["state"]["S"], image.get("reason", {}).get("S")
        if state != "paid" and not (key_is_spent(seen) and (state, reason) == ("failed", "never_made")):
            yield f"it is {state}, {reason}"
    yield from _ended(seen)


def _ended_failed(seen: Seen) -> Iterator[str]:
    for image in seen.of("payout"):
        if image["state"]["S"] != "failed":
            yield f"it is {image['state']['S']}"
    yield from _ended(seen)


def _ended(seen: Seen) -> Iterator[str]:
    if len(seen.of("payout")) != 1:
        yield f"there are {len(seen.of('payout'))} payouts"
    for image in seen.of("payout"):
        if "due" in image:
            yield f"{image['state']['S']}, and still to be looked at"


PAYOUTS = (
    Operation("payout", prepare=earn, act=_ask, retry=_insist, onward=_bank_pays, settled=_ended_paid),
    Operation(
        "payout, instant",
        prepare=earn,
        act=_ask_instantly,
        retry=_insist_instantly,
        onward=_bank_pays,
        settled=_ended_paid,
        faults=BRIEF,
    ),
    Operation("payout that is paid", prepare=_paid_at_the_bank, act=_hear, settled=_ended_paid),
    Operation(
        "payout that failed",
        prepare=_refused_by_the_bank,
        act=_hear,
        onward=_keys_are_forgotten,
        settled=_ended_failed,
        faults=BRIEF,
    ),
    Operation(
        "payout that failed after it was paid",
        prepare=_returned_by_the_bank,
        act=_hear,
        onward=_keys_are_forgotten,
        settled=_ended_failed,
    ),
    Operation(
        "payout whose transfer is taken back",
        prepare=_refused_and_told,
        act=_examine,
        retry=_look_again,
        onward=_keys_are_forgotten,
        settled=_ended_failed,
    ),
    Operation(
        "payout of unknown outcome, sent",
        prepare=_unheard,
        act=_examine,
        retry=_look_again,
        onward=_bank_pays,
        settled=_ended_paid,
    ),
    Operation(
        "payout of unknown outcome, not sent",
        prepare=_unsent,
        act=_examine,
        retry=_look_again,
        onward=_bank_pays,
        settled=_ended_paid,
    ),
)

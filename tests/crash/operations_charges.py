"""Operations that charge a method at once, at Stripe and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.crash.invariants_of_reversals import key_is_spent
from tests.crash.operations_events import apply
from tests.crash.operations_failover import DONE, KILLING, OVERTAKEN, SEVERE, steady
from tests.support.crashing import Operation
from tests.support.crashing_faults import CRASH_AFTER
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN

OPERATION = "charge.create"
INTENTS = "stripe.POST /v1/payment_intents"
GOOD = {"stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"}
BAD = {"stripe": "pm_card_chargeDeclined", "square": "cnon:card-nonce-declined"}
CHALLENGED = {"stripe": "pm_card_threeDSecure2Required"}
# When the reconciler asks what has become of a charge, and how long after that it is sure; in seconds.
ASKED_AFTER, SURE_AFTER = 6 * 60, 90 * 60
PATIENCE = (ASKED_AFTER, SURE_AFTER)


# --- buyers ---


def charge_once(world: World) -> Answer:
    purchase = world.purchase
    body = {
        "items": [{"code": "concert_ticket", "quantity": 2}],
        "method": "card",
        "sources": purchase.sources,
        "returnUrl": f"{ORIGIN}/thanks",
    }
    return purchase.hear(world.call("POST", "/payments/charges", body, {"idempotency-key": purchase.key}))


def charge(world: World) -> None:
    charge_once(world)


def insist(world: World) -> None:
    """The client asks with the same key until there is an answer, and once more. Stripe is back by then."""
    world.stripe.down = False
    world.until_answered(lambda: charge_once(world))
    charge_once(world)


def _insist_through_an_outage(world: World) -> None:
    """The client asks again, finds Stripe down, and asks until it is back."""
    world.stripe.down = True
    for _ in range(2):
        answer = charge_once(world)
        world.clock.advance(float(answer.headers.get("retry-after", 0)))
    insist(world)


def _charge_while_down(world: World) -> None:
    world.stripe.down = True
    charge_once(world)


def _confirm_at_the_bank(world: World) -> None:
    """The buyer passes every challenge that leads anywhere still, and the client asks once more."""
    for each in world.stripe.charges():
        if each.state == "open":
            world.stripe.authenticate(each.reference)
    charge_once(world)


# --- what they are prepared with ---


def a_buyer(world: World, sources: Mapping[str, str] = GOOD) -> None:
    steady(world)
    world.purchase.operation, world.purchase.sources = OPERATION, dict(sources)


def _buyer_with_a_bad_card(world: World) -> None:
    a_buyer(world, BAD)


def _buyer_with_a_careful_bank(world: World) -> None:
    a_buyer(world, CHALLENGED)


def _charged_and_told(world: World) -> None:
    a_buyer(world)
    insist(world)
    _accepted(world)


def _charged_and_told_before_it_is_stored(world: World) -> None:
    """The function dies with Stripe's answer; its webhook is accepted."""
    a_buyer(world)
    world.die_at(INTENTS, CRASH_AFTER, charge)
    _accepted(world)


def _accepted(world: World) -> None:
    world.deliver_all()
    world.inbox.look()


# --- how it should end ---


def _ended(seen: Seen, state: str, reason: str | None, charges: list[str]) -> Iterator[str]:
    """The one payment in this state, for this reason, with charges that stand so."""
    found = (
        [(image["state"]["S"], image.get("reason", {}).get("S")) for image in seen.of("payment")],
        [each.state for each in seen.charges],
    )
    if found != ([(state, reason)], charges):
        yield f"{found}, and should be {state}, {reason}, {charges}"


def paid(seen: Seen) -> Iterator[str]:
    yield from nothing_was_made(seen) if _repeats_a_failure(seen) else _ended(seen, "confirmed", None, ["taken"])


def _declined(seen: Seen) -> Iterator[str]:
    """Where Stripe only repeats a failure after its work, its event tells of the decline, in a more general word."""
    reason = "card_declined" if key_is_spent(seen) else "generic_decline"
    yield from nothing_was_made(seen) if _repeats_a_failure(seen) else _ended(seen, "failed", reason, ["ended"])


def _confirmed_by_the_buyer(seen: Seen) -> Iterator[str]:
    """Where Stripe only repeats a failure after its work, nobody was shown what the bank wants."""
    if key_is_spent(seen) and [each.state for each in seen.charges] == ["ended"]:
        yield from given_up(seen)
    else:
        yield from paid(seen)


def given_up(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "failed", "authentication_required", ["ended"])


def nothing_was_made(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "failed", "never_made", [])


def _repeats_a_failure(seen: Seen) -> bool:
    """Whether Stripe made nothing, and would answer under the same key as it did: no other is used for a charge."""
    return key_is_spent(seen) and not seen.charges


CHARGES = (
    Operation(
        "charge",
        prepare=a_buyer,
        act=charge,
        retry=insist,
        onward=charge,
        settled=paid,
        faults=SEVERE,
        waits=PATIENCE,
    ),
    Operation(
        "charge that is declined",
        prepare=_buyer_with_a_bad_card,
        act=charge,
        retry=insist,
        onward=charge,
        settled=_declined,
        faults=DONE,
        waits=PATIENCE,
    ),
    Operation(
        "charge that the bank challenges",
        prepare=_buyer_with_a_careful_bank,
        act=charge,
        retry=insist,
        onward=_confirm_at_the_bank,
        settled=_confirmed_by_the_buyer,
        faults=DONE,
        waits=PATIENCE,
    ),
    Operation(
        "charge that fails over",
        prepare=a_buyer,
        act=_charge_while_down,
        retry=insist,
        onward=charge,
        settled=paid,
        faults=SEVERE,
        waits=PATIENCE,
    ),
    Operation(
        "charge, provider down when it is taken up again",
        prepare=a_buyer,
        act=charge,
        retry=_insist_through_an_outage,
        onward=charge,
        settled=paid,
        faults=KILLING,
    ),
    Operation("apply of a charge", prepare=_charged_and_told, act=apply, settled=paid, faults=KILLING),
    Operation(
        "apply of a charge before its answer is stored",
        prepare=_charged_and_told_before_it_is_stored,
        act=apply,
        retry=insist,
        onward=charge,
        settled=paid,
        faults=OVERTAKEN,
    ),
)

"""Operations that clients ask for: opening, resuming and cancelling a checkout."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.crashing import Operation
from tests.support.crashing_client import Purchase
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE, FAULTS, STALLED_AFTER, STALLED_BEFORE
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import a_mock_event
from tollgate.kernel.idempotency import LEASE

# Where an operation differs from another only in how it begins, or ends: what kills, what leaves everything open.
_DEATHS = ("crash", "answer lost, for", "throttled, for", "provider's answer lost", "provider answers 500")
DEATHS = tuple(fault for fault in FAULTS if fault.name.startswith(_DEATHS))
BRIEF = (*DEATHS, STALLED_BEFORE, STALLED_AFTER)


def _ask(world: World) -> None:
    world.ask(world.purchase)


def _insist(world: World) -> None:
    world.insist(world.purchase)


def _ask_cold(world: World) -> None:
    """The first request of an instance, which reads secrets, prices and settings too."""
    world.cold("checkout_api")
    world.ask(world.purchase)


def _pay(world: World) -> None:
    """The buyer pays each page they were ever shown, and the client asks once more."""
    for answer in world.purchase.answers:
        if answer.body.get("checkoutUrl"):
            world.stripe.pay(answer.body["providerCheckoutSessionId"])
    world.ask(world.purchase)


def _confirmed(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "confirmed")


def _ended(seen: Seen, state: str) -> Iterator[str]:
    states = [image["state"]["S"] for image in seen.of("payment")]
    if states != [state]:
        yield f"the payment is {states}, and should be {state}"


def _die_before_the_answer_is_stored(world: World) -> None:
    """The page is made, nobody knows of it, and the lease has passed."""
    world.die_at("stripe.POST /v1/checkout/sessions", CRASH_AFTER, _ask)
    world.clock.advance(LEASE.total_seconds() + 1)


def _die_before_the_page_is_made(world: World) -> None:
    world.die_at("stripe.POST /v1/checkout/sessions", CRASH_BEFORE, _ask)
    world.clock.advance(LEASE.total_seconds() + 1)


def _tell_early(world: World) -> None:
    """The provider's word about a payment that is not there yet."""
    world.purchase.method = "mock"
    world.tell("mock", mock_event(world.purchase, "captured"))
    world.flow()


def mock_event(purchase: Purchase, type_: str, number: int = 1) -> dict[str, object]:
    """The mock's word about the purchase's payment, whether it exists or not."""
    payment = {"id": purchase.payment, "providerCheckoutSessionId": "mock", "amount": 10_000, "currency": "USD"}
    return a_mock_event(payment, type_, id=f"mevt_{purchase.payment}_{type_}_{number}")


def _open(world: World) -> None:
    world.insist(world.purchase)
    world.flow()


def _open_and_pay_unheard(world: World) -> None:
    """The buyer has paid, and Stripe's word is still on its way."""
    _open(world)
    world.stripe.pay(world.purchase.answers[0].body["providerCheckoutSessionId"])


def _cancel_once(world: World) -> Answer:
    return world.call("POST", f"/payments/checkout/{world.purchase.payment}/cancel")


def _cancel(world: World) -> None:
    _cancel_once(world)


def _insist_on_cancelling(world: World) -> None:
    answer = world.until_answered(lambda: _cancel_once(world))
    assert answer.status in (200, 409), answer
    assert answer.status == 200 or answer.body["code"] == "INVALID_STATE", answer


def _cancelled(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "cancelled")
    if any(page.status == "open" for page in seen.pages):
        yield f"{seen.pages} can be paid"


CHECKOUT = (
    Operation("checkout create", act=_ask, retry=_insist, onward=_pay, settled=_confirmed),
    Operation("checkout create, cold", act=_ask_cold, retry=_insist, onward=_pay, settled=_confirmed, faults=DEATHS),
    Operation(
        "checkout create that wakes an event",
        prepare=_tell_early,
        act=_ask,
        retry=_insist,
        settled=_confirmed,
        faults=BRIEF,
    ),
    Operation(
        "checkout resume, page made",
        prepare=_die_before_the_answer_is_stored,
        act=_ask,
        retry=_insist,
        onward=_pay,
        settled=_confirmed,
    ),
    Operation(
        "checkout resume, page not made",
        prepare=_die_before_the_page_is_made,
        act=_ask,
        retry=_insist,
        onward=_pay,
        settled=_confirmed,
        faults=BRIEF,
    ),
    Operation("cancel", prepare=_open, act=_cancel, retry=_insist_on_cancelling, onward=_pay, settled=_cancelled),
    Operation(
        "cancel of what was just paid",
        prepare=_open_and_pay_unheard,
        act=_cancel,
        retry=_insist_on_cancelling,
        settled=_confirmed,
        faults=BRIEF,
    ),
)

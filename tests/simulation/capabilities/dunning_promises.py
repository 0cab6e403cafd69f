"""What must hold of what is owed: how often a bank is asked for it, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.simulation.capabilities.subscription_promises import Contract, contracts
from tests.simulation.seen import Seen
from tests.simulation.world import LONGEST_RUN, World
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.kernel.clock import from_iso
from tollgate.kernel.events import Event
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.subscriptions import events
from tollgate.subscriptions.dunning import RETRIES
from tollgate.subscriptions.model import AGGREGATE, GRACE, RENEWED_WITHIN, Renewer, State

# Each tells of a try, of ours or of the provider's, that was declined.
_DECLINED = (events.GRACE_STARTED, events.PAYMENT_FAILED)
# By then the reconciler has run, and a provider that was down is not any more.
_ENDED_BY = GRACE + RENEWED_WITHIN + timedelta(days=2)
_HEARD_BY = RENEWED_WITHIN + timedelta(days=2)
_WITHIN_A_SECOND = timedelta(seconds=1)


def reasons_of(world: World) -> Counter[str]:
    """How often somebody had a reason of their own to have a debt charged, by subscription: a wish, another card."""
    found: Counter[str] = world.notes.setdefault("reasons", Counter())
    return found


def a_bank_is_asked_as_often_as_there_is_a_reason(seen: Seen) -> Iterator[str]:
    """Each time that is planned, and each wish, is one try, however often it is taken up. One of which a provider has
    kept a failure is asked for anew. Admins ask, too.
    """
    asked = sum(each.name == "retry" for each in seen.world.requests)
    for contract, event in _debts(seen):
        bill = contract.books.bills[event.data["invoice"]]
        since = _grace_until(seen, contract, event.data["invoice"]) - GRACE
        planned = sum(since + each <= seen.world.clock.now() for each in RETRIES)
        reasons = planned + reasons_of(seen.world)[contract.here.id] + bill.broken + asked
        if len(bill.keys) > reasons:
            yield f"{event.data['invoice']} was asked for {len(bill.keys)} times, with {reasons} reasons"


def _grace_until(seen: Seen, contract: Contract, invoice: str) -> datetime:
    """Of a failure that was earlier, and is heard of later, the plan begins earlier."""
    told = [each.data for each in seen.told(AGGREGATE, contract.here.id) if each.data.get("invoice") == invoice]
    return min(from_iso(each["grace_until"]) for each in told if each.get("grace_until"))


def no_try_is_told_that_was_not_made(seen: Seen) -> Iterator[str]:
    for contract in contracts(seen):
        said = seen.told(AGGREGATE, contract.here.id)
        for invoice, count in Counter(each.data["invoice"] for each in said if each.type in _DECLINED).items():
            bill, paid = contract.books.bills[invoice], contract.books.invoices[invoice]["status"] == "paid"
            if count > bill.tries - paid:
                yield f"{count} tries are told of {invoice}, and {bill.tries} were made"


def grace_ends_once(seen: Seen) -> Iterator[str]:
    """Of each that has begun: as it is paid, given up, or cancelled; and what is told of its end is so."""
    for subscription in seen.subscriptions():
        owed: str | None = None
        said = seen.told(AGGREGATE, subscription.id)
        for event, following in zip(said, [*said[1:], None], strict=True):
            wrong = event.type == events.GRACE_STARTED and owed is not None
            if event.type == events.GRACE_STARTED:
                owed = event.data["invoice"]
            elif event.type == events.GRACE_ENDED:
                wrong = owed is None or event.data.get("invoice", owed) != owed or not _follows(event, following)
                owed = None
            wrong |= event.type == events.FAILED and owed is not None
            if wrong:
                yield f"{subscription.id} says {[each.type for each in said]}"
        debt = subscription.debt.invoice if subscription.debt else None
        if owed != debt or (debt is None) != (subscription.state is not State.PAST_DUE):
            yield f"{subscription.id} is {subscription.status} and owes {debt}, its events say {owed}"


_AFTER_GRACE = {
    "recovered": (events.RENEWED, events.CHARGED),
    "overtaken": (events.RENEWED,),
    "unpaid": (events.FAILED,),
    "cancelled": (events.CANCELLED, events.ENDED),
}


def _follows(event: Event, following: Event | None) -> bool:
    return following is not None and following.type in _AFTER_GRACE[event.data["outcome"]]


def who_does_not_pay_is_let_down(seen: Seen) -> Iterator[str]:
    """No downgrade is lost: what is not paid in a week is given up, and told."""
    now = seen.world.clock.now()
    for subscription in seen.subscriptions():
        debt = subscription.debt
        if debt is not None and debt.since + _ENDED_BY <= now:
            yield f"{subscription.id} has owed {debt.invoice} since {debt.since}"
        if debt is not None and subscription.has_access(now) != (now < debt.grace_until):
            yield f"{subscription.id} has grace until {debt.grace_until}, access is {subscription.has_access(now)}"
        failed = [each for each in seen.told(AGGREGATE, subscription.id) if each.type == events.FAILED]
        if len(failed) != (subscription.state is State.ENDED and subscription.reason == "unpaid"):
            yield f"{subscription.id} is {subscription.status}, and has failed {len(failed)} times"
    for contract in contracts(seen):
        open_ = [each for each in contract.books.invoices_of(contract.there) if each["status"] == "open"]
        old = [each for each in open_ if instant(each["created"]) + _HEARD_BY <= now]
        if old and contract.there["status"] == "past_due" and contract.here.debt is None:
            yield f"{contract.here.id} is {contract.here.status}, and {old[0]['id']} was never paid"


def nobody_is_given_up_who_has_paid(seen: Seen) -> Iterator[str]:
    """Whoever gives up asks before; while that takes its course, it may still be paid."""
    for contract in contracts(seen):
        for event in seen.told(AGGREGATE, contract.here.id):
            if event.type == events.FAILED:
                paid_at = contract.books.bills[event.data["invoice"]].paid_at
                if paid_at is not None and instant(paid_at) + LONGEST_RUN + _WITHIN_A_SECOND < event.occurred_at:
                    yield f"{event.data['invoice']} was paid at {paid_at}, and given up at {event.occurred_at}"


def a_debt_is_of_an_open_payment(seen: Seen) -> Iterator[str]:
    """Its payment waits with it; of what is not owed none does. What we charge ourselves is a payment for each try."""
    theirs = [each for each in seen.subscriptions() if each.renewed_by is Renewer.PROVIDER]
    owed = {each.debt.payment for each in theirs if each.debt}
    waits = {each.id for each in seen.payments() if each.is_invoiced and each.state is PaymentState.PENDING}
    # Money of another amount than was asked for is for a person.
    waits -= {each.id for each in seen.payments() if each.review is not None}
    if owed != waits:
        yield f"owed are {sorted(owed)}, and {sorted(waits)} wait"


def _debts(seen: Seen) -> Iterator[tuple[Contract, Event]]:
    """Everything that was ever owed."""
    for contract in contracts(seen):
        for event in seen.told(AGGREGATE, contract.here.id):
            if event.type == events.GRACE_STARTED:
                yield contract, event

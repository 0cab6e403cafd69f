"""What must hold of groups that pay together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.seen import Seen
from tollgate.group_payments import events
from tollgate.group_payments.model import FAILED, GROUP, Group, GroupState
from tollgate.group_payments.shares import SHARE, Share, ShareState
from tollgate.ledger.accounts import escrow
from tollgate.payments.approvals import is_authorized
from tollgate.payments.deposits import DepositKind
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment

_ENDINGS = {events.GROUP_COMPLETED, events.GROUP_EXPIRED, events.GROUP_CANCELLED}
_PAID = (State.CONFIRMED, State.SETTLED)
# Of a group that has failed.
_BACK = (ShareState.REFUNDED, ShareState.RELEASED)


def a_group_ends_once(seen: Seen) -> Iterator[str]:
    for group in _groups(seen):
        told = [each.type for each in seen.told(GROUP, group.id)]
        between = {*told[1:-1]} - {events.GROUP_AUTHORIZED}
        if told[:1] != [events.GROUP_CREATED] or between or told[-1] not in _ENDINGS:
            yield f"{group.id} is {group.state}, and was told {told}"


def a_group_is_complete_when_all_shares_are_paid(seen: Seen) -> Iterator[str]:
    for group in _groups(seen):
        states = Counter(each.state for each in _shares(seen, group))
        paid = states[ShareState.PAID]
        if (group.state is GroupState.COMPLETED) != (paid == group.members):
            yield f"{group.id} is {group.state}, and its shares are {dict(states)}"


def a_group_that_has_all_its_money_is_complete(seen: Seen) -> Iterator[str]:
    """Then and there, whatever becomes of its shares later."""
    states: dict[str, dict[str, ShareState]] = {}
    had_all = set()
    for record in seen.world.rooms.stored.store.stream:
        if record.place[0] == SHARE:
            theirs = states.setdefault(record.value.group, {})
            theirs[record.value.id] = record.value.state
            had_all |= {record.value.group} if {*theirs.values()} == {ShareState.PAID} else set()
    for group in _groups(seen):
        if group.id in had_all and group.state is not GroupState.COMPLETED:
            yield f"{group.id} is {group.state}, and had all its money"


def sums_are_what_the_shares_come_to(seen: Seen) -> Iterator[str]:
    """At the end of it. What went back after that is told by how many did."""
    for group in _groups(seen):
        ever = [each for each in _shares(seen, group) if each.state in (ShareState.PAID, *_BACK)]
        told = (group.progress.paid, group.progress.collected)
        if told != (len(ever), sum(each.amount for each in ever)):
            yield f"{group.id} says {told}, and its shares {[(each.state, each.amount) for each in ever]}"
        back = sum(each.state in _BACK for each in ever)
        if group.progress.returned != back:
            yield f"{group.id} says that {group.progress.returned} went back, and its shares {back}"


def a_share_is_paid_by_one_payment(seen: Seen) -> Iterator[str]:
    """All others that were made for it took nothing, or what they took is held, or gone."""
    by_share: Counter[str] = Counter()
    for payment in _payments(seen):
        if payment.state in _PAID and _kept(payment) > 0:
            by_share.update(payment.deposit.shares if payment.deposit else ())
    yield from (f"{share} is paid by {count} payments" for share, count in by_share.items() if count > 1)


def what_a_share_says_of_its_payment_is_true(seen: Seen) -> Iterator[str]:
    for group in _groups(seen):
        for share in _shares(seen, group):
            payment = seen.payment(share.payment) if share.payment else None
            if share.state is ShareState.PAID and (payment is None or payment.state not in _PAID):
                yield f"{share.id} is paid by {share.payment}, which is {payment and payment.state}"
            if share.state is ShareState.PAYING and (payment is None or payment.state in (State.FAILED, *_PAID)):
                yield f"{share.id} is still being paid by {share.payment}, which is {payment and payment.state}"


def nothing_stays_set_aside(seen: Seen) -> Iterator[str]:
    """It is taken, or let go: no buyer waits for their bank to give up."""
    for payment in _payments(seen):
        if is_authorized(payment):
            yield f"{payment.amount} is set aside for {payment.id} of {_group_of(seen, payment).state}"
    for group in _groups(seen):
        waiting = [each.id for each in _shares(seen, group) if each.state is ShareState.HELD]
        if waiting or (group.state is GroupState.COMPLETED and group.progress.held):
            yield f"{group.id} is {group.state}, and {waiting} are set aside"


def nobody_has_paid_for_a_group_that_failed(seen: Seen) -> Iterator[str]:
    """Unless it cannot go back: the provider refuses, or a bank has it."""
    for payment in _payments(seen):
        group = _group_of(seen, payment)
        refused = any(not each.counts for each in payment.refunds)
        if group.state in FAILED and payment.refundable > 0 and not refused and not payment.disputes:
            yield f"{payment.id} has {payment.refundable} of {group.id}, which is {group.state}"


def a_groups_account_holds_what_is_nobodys(seen: Seen) -> Iterator[str]:
    """Nothing once it is complete; and what has not gone back where it has failed."""
    balances = seen.balances()
    for group in _groups(seen):
        held = balances.get((group.tenant, group.total.currency, escrow(group.id)), 0)
        ours = [each for each in _payments(seen) if each.deposit and each.deposit.id == group.id]
        left = sum(_kept(each) for each in ours if each.state in _PAID) if group.state in FAILED else 0
        if held != left:
            yield f"{escrow(group.id)} holds {held}, and {left} should be there"


def share_events_have_no_gaps(seen: Seen) -> Iterator[str]:
    for group in _groups(seen):
        for share in _shares(seen, group):
            told = [each.sequence for each in seen.told(SHARE, share.id)]
            if told != list(range(1, share.version + 1)):
                yield f"{share.id} is at {share.version}, and has {told}"


def _kept(payment: Payment) -> int:
    """What of a sale's own money has not gone back."""
    gone = sum(each.gone for each in payment.refunds if not each.held)
    return (
        payment.amount.amount - gone - sum(each.amount for each in payment.disputes if each.is_lost and not each.held)
    )


def _payments(seen: Seen) -> list[Payment]:
    return [each for each in seen.payments() if each.deposit and each.deposit.kind is DepositKind.GROUP]


def _group_of(seen: Seen, payment: Payment) -> Group:
    return next(each for each in _groups(seen) if payment.deposit and each.id == payment.deposit.id)


def _groups(seen: Seen) -> list[Group]:
    found: list[Group] = seen.world.rooms.stored.store.of("group")
    return found


def _shares(seen: Seen, group: Group) -> list[Share]:
    found: list[Share] = seen.world.rooms.stored.store.of("group_share")
    return [each for each in found if each.group == group.id]


ALL = (
    a_group_ends_once,
    a_group_is_complete_when_all_shares_are_paid,
    a_group_that_has_all_its_money_is_complete,
    sums_are_what_the_shares_come_to,
    a_share_is_paid_by_one_payment,
    what_a_share_says_of_its_payment_is_true,
    nothing_stays_set_aside,
    nobody_has_paid_for_a_group_that_failed,
    a_groups_account_holds_what_is_nobodys,
    share_events_have_no_gaps,
)

"""What becomes of shares, and of their group, when a payment moves on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.model import RETURNED_WITHIN, Group, GroupState, Shares
from tollgate.group_payments.ports import GroupRepository, Seen
from tollgate.group_payments.shares import Share, ShareState
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.ports import Journal
from tollgate.ledger.rules_of_deposits import group_completed
from tollgate.payments.approvals import is_authorized
from tollgate.payments.deposits import Deposit, DepositKind, NotWanted
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import RefundState

_PAID, _ENDED = (State.CONFIRMED, State.SETTLED), (State.FAILED, State.CANCELLED)


class GroupConsequences(Consequences):
    """Reads the group and the shares that are concerned, and nothing for payments that concern none."""

    def __init__(self, groups: GroupRepository, journal: Journal) -> None:
        self._groups = groups
        self._journal = journal

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        """Raises `NotWanted` for money of a group that is over, and `NotRefundable` where a refund is asked for of one
        that is not.
        """
        deposit = _deposit(after)
        if deposit is None:
            return ()
        if _is_asked_for(before, after):
            return self._asked(after, deposit)
        if not _concerns(before, after):
            return ()
        return tuple(self._moved(self._seen(after, deposit), before, after, now))

    def _moved(self, seen: Seen, before: Payment, after: Payment, now: datetime) -> Iterator[Write]:
        if _stands(before) != _stands(after):
            yield from self._stands_anew(seen, after, now)
        elif _has_gone(before, after):
            yield from self._gone(seen, after, now)
        elif _has_gone(after, before):
            yield from self._came_back(seen, after, now)
        elif seen.group.is_open:
            # Nothing is bought with money that a bank has taken back: the others have theirs back.
            yield from self._groups.update(seen.group, seen.group.cancelled("disputed", now))

    def current(self, payment: Payment) -> Payment:
        """A group that is complete has given its money to its seller."""
        deposit = _deposit(payment)
        if deposit is None:
            return payment
        group = self._groups.get(payment.tenant, deposit.id)
        if group is None or group.state is not GroupState.COMPLETED:
            return payment
        return replace(payment, deposit=replace(deposit, released=True))

    def _seen(self, payment: Payment, deposit: Deposit) -> Seen:
        seen = self._groups.look(payment.tenant, deposit.id, deposit.shares)
        if seen is None:
            raise GroupNotFound
        return seen

    def _asked(self, payment: Payment, deposit: Deposit) -> Sequence[Write]:
        """Of a group that has failed it goes back anyway. While it is open, all would have to be told."""
        group = self._seen(payment, deposit).group
        if group.is_open:
            raise NotRefundable("this pays a share of a group that is open; cancel the group")
        return ()

    def _stands_anew(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        match _stands(payment):
            case ShareState.PAID:
                yield from self._paid(seen, payment, now)
            case ShareState.HELD:
                yield from self._held(seen, payment, now)
            case _:
                yield from self._ended(seen, payment, now)

    def _paid(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        group, shares = seen.group, seen.shares
        if not group.is_open:
            raise NotWanted(f"group_{group.state}")
        held, claimed = (_theirs(seen, payment, each) for each in (ShareState.HELD, ShareState.PAYING))
        if len(held or claimed) != len(shares) or not shares:
            raise NotWanted("share_not_claimed")
        more = Shares(held=-len(held)) if held else _shares_of(payment, claimed)
        for each in shares:
            yield from self._groups.update_share(each.paid(now))
        after = group.with_shares(more)
        if after.is_paid:
            yield from self._completed(group, after, now)
        elif held:
            yield self._groups.taken(group, len(held))
        else:
            yield from self._came_in(group, more, now)

    def _came_in(self, group: Group, more: Shares, now: datetime) -> Sequence[Write]:
        """With the last of them, what is set aside is taken."""
        after = group.with_shares(more)
        return self._groups.update(group, after.authorized(now)) if after.has_all else (self._groups.add(group, more),)

    def _completed(self, before: Group, after: Group, now: datetime) -> Iterator[Write]:
        done = after.completed(now)
        yield from self._groups.update(before, done)
        collected, fees = after.progress.collected, after.progress.fees
        currency = after.total.currency
        entry = group_completed(after.tenant, after.id, after.seller, currency, collected, fees, now)
        if entry:
            yield self._journal.append(entry)

    def _held(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        claimed = _theirs(seen, payment, ShareState.PAYING)
        if not seen.group.is_open:
            yield from self._too_late(seen, payment, now)
        elif claimed:
            for each in claimed:
                yield from self._groups.update_share(each.held(now))
            more = _shares_of(payment, claimed)
            yield from self._came_in(seen.group, replace(more, held=more.count), now)

    def _too_late(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """For a group that is over, which owes it then: whoever hears of that lets it go or gives it back, or else the
        reconciler does. Or it comes back from where it was to go.
        """
        claimed, gone = (_theirs(seen, payment, each) for each in (ShareState.PAYING, ShareState.REFUNDED))
        for each in claimed or gone:
            after = each.held(now) if is_authorized(payment) else each.too_late()
            yield from self._groups.update_share(after)
        if claimed:
            held = len(claimed) if is_authorized(payment) else 0
            more = replace(_shares_of(payment, claimed), held=held)
            yield self._groups.came_late(seen.group, more, now + RETURNED_WITHIN)
        elif gone:
            yield self._groups.returned(seen.group, -len(gone), now + RETURNED_WITHIN)

    def _ended(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """Its shares are free again, and nothing is set aside for them. What was taken in vain has gone back."""
        for each in _theirs(seen, payment, ShareState.PAYING):
            yield from self._groups.update_share(each.freed())
        group, held = seen.group, _theirs(seen, payment, ShareState.HELD)
        went_back = payment.captures and payment.review is None
        for each in held:
            back = each.refunded if went_back else each.released
            yield from self._groups.update_share(back(now, again=group.is_open))
        if held and group.is_open:
            less = _shares_of(payment, held)
            yield self._groups.take_off(group, Shares(-less.count, -less.amount, -less.fee, -less.count))
        elif held:
            yield self._groups.returned(group, len(held), now + RETURNED_WITHIN)

    def _gone(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """Back at its members: those of a group that is open may pay once more."""
        group, paid = seen.group, _theirs(seen, payment, ShareState.PAID)
        for each in paid:
            yield from self._groups.update_share(each.refunded(now, again=group.is_open))
        if paid and group.is_open:
            less = _shares_of(payment, paid)
            yield self._groups.take_off(group, Shares(-less.count, -less.amount, -less.fee))
        elif paid:
            yield self._groups.returned(group, len(paid), now + RETURNED_WITHIN)

    def _came_back(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """From a bank that did not take it: of a group that has failed it is owed once more."""
        theirs = _theirs(seen, payment, ShareState.REFUNDED)
        for each in theirs:
            yield from self._groups.update_share(each.owed_again())
        if theirs:
            yield self._groups.returned(seen.group, -len(theirs), now + RETURNED_WITHIN)


def _deposit(payment: Payment) -> Deposit | None:
    """What a group holds of it."""
    deposit = payment.deposit
    ours = deposit is not None and deposit.kind is DepositKind.GROUP and not deposit.released
    return deposit if ours else None


def _stands(payment: Payment) -> ShareState:
    """How the shares stand that it pays, by the payment alone, whatever went back of it since."""
    if payment.state in _PAID:
        return ShareState.PAID
    if payment.state in _ENDED:
        # Money that came in vain is here until it has gone back.
        return ShareState.HELD if payment.captures and payment.review is not None else ShareState.PENDING
    return ShareState.HELD if is_authorized(payment) else ShareState.PAYING


def _concerns(before: Payment, after: Payment) -> bool:
    went = _has_gone(before, after) or _has_gone(after, before)
    return _stands(before) is not _stands(after) or went or _is_disputed(before, after)


def _theirs(seen: Seen, payment: Payment, state: ShareState) -> list[Share]:
    """Those shares that this payment is for, and that stand so."""
    return [each for each in seen.shares if each.state is state and each.payment == payment.id]


def _shares_of(payment: Payment, shares: Sequence[Share]) -> Shares:
    return Shares(len(shares), sum(each.amount for each in shares), payment.fee)


def _is_asked_for(before: Payment, after: Payment) -> bool:
    """Whether somebody wants it back, and nothing has gone yet. Money that is held goes back whatever the group."""
    known = {each.id for each in before.refunds}
    return any(e.state is RefundState.REQUESTED and not e.held and e.id not in known for e in after.refunds)


def _is_disputed(before: Payment, after: Payment) -> bool:
    return sum(not each.held for each in after.disputes) > sum(not each.held for each in before.disputes)


def _has_gone(before: Payment, after: Payment) -> bool:
    """Whether all of it has gone with this change: to the buyer, or to their bank."""
    return _gone(before) < after.amount.amount <= _gone(after)


def _gone(payment: Payment) -> int:
    refunded = sum(each.gone for each in payment.refunds if not each.held)
    return refunded + sum(each.amount for each in payment.disputes if each.is_lost and not each.held)

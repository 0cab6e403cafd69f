"""What becomes of shares, and of their group, when a payment moves on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.model import RETURNED_WITHIN, Group, GroupState, Share, ShareState
from tollgate.group_payments.ports import GroupRepository, Seen
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.ports import Journal
from tollgate.ledger.rules_of_deposits import group_completed
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
        deposit = _held(after)
        if deposit is None:
            return ()
        if _is_asked_for(before, after):
            return self._asked(after, deposit)
        paid, ended = (after.state in states and before.state not in states for states in (_PAID, _ENDED))
        went = _has_gone(before, after) or _has_gone(after, before)
        if not (paid or ended or went or _is_disputed(before, after)):
            return ()
        return self._moved(self._seen(after, deposit), before, after, now, paid=paid, ended=ended)

    def _moved(
        self, seen: Seen, before: Payment, after: Payment, now: datetime, *, paid: bool, ended: bool
    ) -> Sequence[Write]:
        if paid:
            return self._paid(seen, after, now)
        if ended:
            return [write for each in _claimed(seen, after) for write in self._groups.update_share(each.freed())]
        if _has_gone(before, after):
            return tuple(self._gone(seen, after, now))
        if _has_gone(after, before):
            return tuple(self._came_back(seen, after, now))
        return self._disputed(seen.group, now)

    def current(self, payment: Payment) -> Payment:
        """A group that is complete has given its money to its seller."""
        deposit = _held(payment)
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

    def _paid(self, seen: Seen, payment: Payment, now: datetime) -> Sequence[Write]:
        group, shares = seen.group, seen.shares
        if not group.is_open:
            raise NotWanted(f"group_{group.state}")
        if len(_claimed(seen, payment)) != len(shares) or not shares:
            raise NotWanted("share_not_claimed")
        writes = [write for each in shares for write in self._groups.update_share(each.paid(now))]
        amount, fee = payment.amount.amount, payment.fee
        if group.progress.paid + len(shares) < group.members:
            return (*writes, self._groups.add(group, count=len(shares), amount=amount, fee=fee))
        return (*writes, *self._completed(group, group.with_share(len(shares), amount, fee), now))

    def _completed(self, before: Group, after: Group, now: datetime) -> Iterator[Write]:
        done = after.completed(now)
        yield from self._groups.end(before, done)
        collected, fees = after.progress.collected, after.progress.fees
        currency = after.total.currency
        entry = group_completed(after.tenant, after.id, after.seller, currency, collected, fees, now)
        if entry:
            yield self._journal.append(entry)

    def _gone(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """Back at its members: those of a group that is open may pay once more."""
        group = seen.group
        paid = [each for each in seen.shares if each.state is ShareState.PAID and each.payment == payment.id]
        for each in paid:
            yield from self._groups.update_share(each.refunded(now, again=group.is_open))
        if paid and group.is_open:
            amount = sum(each.amount for each in paid)
            yield self._groups.take_off(group, count=len(paid), amount=amount, fee=payment.fee)
        elif paid:
            yield self._groups.returned(group, len(paid), now + RETURNED_WITHIN)

    def _came_back(self, seen: Seen, payment: Payment, now: datetime) -> Iterator[Write]:
        """From a bank that did not take it: of a group that has failed it is owed once more."""
        group = seen.group
        theirs = [each for each in seen.shares if each.state is ShareState.REFUNDED and each.payment == payment.id]
        for each in theirs:
            yield from self._groups.update_share(each.owed_again())
        if theirs:
            yield self._groups.returned(group, -len(theirs), now + RETURNED_WITHIN)

    def _disputed(self, group: Group, now: datetime) -> Sequence[Write]:
        """Nothing is bought with money that a bank has taken back: the group is over, and the others have theirs
        back.
        """
        return self._groups.end(group, group.cancelled("disputed", now)) if group.is_open else ()


def _held(payment: Payment) -> Deposit | None:
    """What a group holds of it."""
    deposit = payment.deposit
    ours = deposit is not None and deposit.kind is DepositKind.GROUP and not deposit.released
    return deposit if ours else None


def _claimed(seen: Seen, payment: Payment) -> list[Share]:
    """Those shares that this payment is on its way for."""
    return [each for each in seen.shares if each.state is ShareState.PAYING and each.payment == payment.id]


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

"""What the accounts must come to where money is held for something, told by the records of who holds it."""

from __future__ import annotations

from collections import Counter

from tests.simulation.seen import Seen
from tollgate.escrow.model import Escrow
from tollgate.escrow.model import State as EscrowState
from tollgate.group_payments.model import Group, GroupState
from tollgate.group_payments.shares import Share
from tollgate.ledger.accounts import PLATFORM_FEES, royalties
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState

# As in `records`.
SELLERS = "sellers"


def of_deposit(seen: Seen, payment: Payment, deposit: Deposit) -> Counter[str]:
    """Nobody's while it is held: what was paid, less what has gone."""
    gone, fees = _gone(payment)
    if deposit.kind is DepositKind.GROUP:
        if not _is_sold(seen, payment, deposit):
            return Counter({deposit.account: payment.amount.amount - gone})
        kept = payment.amount.amount - payment.fee - (gone - fees)
        return Counter({PLATFORM_FEES: payment.fee - fees, SELLERS: kept})
    escrow = next(each for each in _of(seen, "escrow", Escrow) if each.id == deposit.id)
    if escrow.state is not EscrowState.RELEASED:
        return Counter({deposit.account: payment.amount.amount - gone})
    parts, after = escrow.parts, gone - escrow.returned
    found = Counter({PLATFORM_FEES: parts.platform - fees, SELLERS: parts.seller - (after - fees)})
    found.update({royalties(who): amount for who, amount in escrow.rates.recipients(parts).items()})
    return found


def _gone(payment: Payment) -> tuple[int, int]:
    """What has gone to the buyer or to their bank, and with how much of our fee."""
    back = [each for each in payment.refunds if each.state is RefundState.SUCCEEDED and not each.held]
    lost = sum(each.amount for each in payment.disputes if each.is_lost and not each.held)
    return sum(each.amount for each in back) + lost, sum(each.fee for each in back)


def _is_sold(seen: Seen, payment: Payment, deposit: Deposit) -> bool:
    """Whether its group is complete, and it is what its shares were paid with."""
    group = next(each for each in _of(seen, "group", Group) if each.id == deposit.id)
    shares = [each for each in _of(seen, "group_share", Share) if each.id in deposit.shares]
    return group.state is GroupState.COMPLETED and all(each.payment == payment.id for each in shares)


def _of[T](seen: Seen, kind: str, _: type[T]) -> list[T]:
    found: list[T] = seen.world.rooms.stored.store.of(kind)
    return found

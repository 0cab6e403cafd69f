"""What the accounts must come to, told by the records of payments and payouts alone: the journal is not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.seen import Seen
from tollgate.ledger.accounts import DISPUTES, PAYOUTS_IN_TRANSIT, PLATFORM_FEES, UNALLOCATED, seller_of
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState
from tollgate.payouts.model import Payout, PayoutState

# All accounts of sellers together: what moves between pending, available and reserved stays theirs.
SELLERS = "sellers"
_WATCHED = (PLATFORM_FEES, DISPUTES, PAYOUTS_IN_TRANSIT, UNALLOCATED, SELLERS)

type Account = tuple[str, str, str]


def every_account_is_what_the_records_say(seen: Seen) -> Iterator[str]:
    expected, held = _of_records(seen), _of_ledger(seen)
    for account in sorted(expected.keys() | held.keys()):
        if expected[account] != held[account]:
            yield f"{account} holds {held[account]}, the records say {expected[account]}"


def _of_ledger(seen: Seen) -> Counter[Account]:
    reader = seen.world.rooms.stored.ledger_reader
    found: Counter[Account] = Counter()
    for tenant in reader.tenants():
        for each in reader.balances(tenant):
            name = SELLERS if seller_of(each.key.account) else each.key.account
            if name in _WATCHED:
                found[tenant, each.key.currency, name] += each.amount
    return found


def _of_records(seen: Seen) -> Counter[Account]:
    found: Counter[Account] = Counter()
    for payment in seen.payments():
        for name, amount in _of_payment(payment).items():
            found[payment.tenant, payment.amount.currency, name] += amount
    for payout in seen.payouts():
        for name, amount in _of_payout(payout).items():
            found[payout.tenant, payout.currency, name] += amount
    return found


def _of_payment(payment: Payment) -> dict[str, int]:
    sold = payment.state in (State.CONFIRMED, State.SETTLED)
    back = [each for each in payment.refunds if each.state is RefundState.SUCCEEDED]
    ours = sum(each.fee for each in back)
    lost = [each for each in payment.disputes if each.is_lost]
    lost_of_sale, lost_of_held = (sum(each.amount for each in lost if each.held == held) for held in (False, True))
    held = sum(each.amount.amount for each in payment.captures[1 if sold else 0 :])
    held_back = sum(each.amount for each in back if each.held)
    theirs = payment.amount.amount - payment.fee - sum(each.amount - each.fee for each in back if not each.held)
    return {
        PLATFORM_FEES: payment.fee - ours if sold else 0,
        DISPUTES: -sum(each.amount for each in payment.disputes if each.state is DisputeState.OPEN),
        UNALLOCATED: held - held_back - lost_of_held,
        SELLERS: theirs - lost_of_sale if sold else 0,
    }


def _of_payout(payout: Payout) -> dict[str, int]:
    on_its_way = payout.state in (PayoutState.REQUESTED, PayoutState.UNKNOWN, PayoutState.SENT)
    return {
        PAYOUTS_IN_TRANSIT: payout.amount if on_its_way else 0,
        PLATFORM_FEES: payout.fee if payout.state is PayoutState.PAID else 0,
        SELLERS: 0 if payout.state is PayoutState.FAILED else -payout.amount,
    }

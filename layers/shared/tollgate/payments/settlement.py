"""Settlement: the provider has paid out what it took, and the seller's part becomes theirs but for a reserve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tollgate.kernel.money import Money
from tollgate.ledger import rules
from tollgate.payments import postings
from tollgate.payments.deposits import held_account
from tollgate.payments.disputes import DisputeState

if TYPE_CHECKING:
    from tollgate.payments.model import Change, Payment

# When the provider is first asked; what it says then decides.
ASK_AFTER = timedelta(days=2)
# Held back of each sale against refunds and disputes where nothing is known of its seller, and for how long.
RESERVE_BASIS_POINTS = 1_000
RESERVED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the provider kept of it: in another currency than the sale's, where the provider converted the money. And
    the basis points that are held back of the seller's share.
    """

    fee: Money
    reserve: int = RESERVE_BASIS_POINTS


def share_of(payment: Payment) -> int:
    """What the sale has left in the seller's pending account: its price without our fee and others' royalties, without
    what went back, and without what is in dispute.
    """
    of_the_share = [each for each in payment.refunds if not each.held and not each.settled]
    gone = sum(each.gone - each.fee_gone for each in of_the_share)
    of_the_sale = [each for each in payment.disputes if not each.held and not each.settled]
    disputed = sum(each.amount for each in of_the_sale if each.state is not DisputeState.WON)
    royalties = payment.deposit.royalties if payment.deposit else 0
    return payment.amount.amount - payment.fee - royalties - gone - disputed


def waits(payment: Payment) -> bool:
    """Whether it is not known yet whose the money is: until then nobody is paid out. What has gone back is nobody's."""
    return held_account(payment) is not None and payment.refundable > 0


def settled(payment: Payment, change: Change, settlement: Settlement, now: datetime) -> Change:
    """`change` is the payment's step; this is what it moves. A fee in another currency takes the place of the one that
    was expected, in books of its own.
    """
    converted = settlement.fee.currency != payment.amount.currency
    elsewhere = postings.converted_fee(payment, settlement.fee, "settled", now) if converted else None
    kept = 0 if converted else settlement.fee.amount
    if payment.gift_card or held_account(payment):
        entry = postings.settled_without_a_seller(payment, kept, now)
        return replace(
            change,
            payment=replace(change.payment, settled_at=now),
            entries=tuple(each for each in (entry, elsewhere) if each),
        )
    share = share_of(payment)
    reserve = Money(max(share, 0), payment.amount.currency).portion(settlement.reserve).amount
    entry = rules.payment_settled(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=payment.amount.currency,
        share=share,
        reserve=reserve,
        fee_difference=kept - payment.provider_fee,
        at=now,
    )
    after = replace(change.payment, reserve=reserve, settled_at=now)
    return replace(change, payment=after, entries=tuple(each for each in (entry, elsewhere) if each))


def released(payment: Payment, now: datetime) -> Change:
    """The reserve has been held for long enough."""
    entry = rules.reserve_released(
        tenant=payment.tenant,
        payment_id=payment.id,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=payment.reserve,
        at=now,
    )
    changed = replace(payment, reserve=0)
    change = changed.with_event("payments.reserve.released", now, {"released": payment.reserve}, None)
    return replace(change, entries=(entry,) if entry else ())

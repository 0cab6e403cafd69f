"""What the accounts must come to, told by the records of payments, gift cards and payouts alone: the journal is not
asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.simulation.capabilities.deposit_records import of_deposit
from tests.simulation.seen import Seen
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import customer_of
from tollgate.kernel.events import Event
from tollgate.ledger.accounts import (
    BREAKAGE,
    DISPUTES,
    GIFT_CARD_LIABILITY,
    GIFT_CARDS_DISPUTED,
    PAYOUTS_IN_TRANSIT,
    PLATFORM_FEES,
    UNALLOCATED,
    seller_of,
)
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import TenderKind
from tollgate.payouts.model import Payout, PayoutState

# All accounts of sellers together: what moves between pending, available and reserved stays theirs.
SELLERS = "sellers"
_WATCHED = (
    PLATFORM_FEES,
    DISPUTES,
    PAYOUTS_IN_TRANSIT,
    UNALLOCATED,
    GIFT_CARD_LIABILITY,
    GIFT_CARDS_DISPUTED,
    BREAKAGE,
    SELLERS,
)

# What a customer may spend, what is nobody's yet, and what creators are owed.
_OF_SOMEBODY = ("customer_credit:", "escrow:", "royalties:")

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
            if name in _WATCHED or name.startswith(_OF_SOMEBODY):
                found[tenant, each.key.currency, name] += each.amount
    return found


def _of_records(seen: Seen) -> Counter[Account]:
    found: Counter[Account] = Counter()
    for payment in seen.payments():
        for name, amount in _of_payment(seen, payment).items():
            found[payment.tenant, payment.amount.currency, name] += amount
    for card in seen.cards():
        for name, amount in _of_card(card, seen.events_of(card)).items():
            found[card.tenant, card.currency, name] += amount
    for payout in seen.payouts():
        for name, amount in _of_payout(payout).items():
            found[payout.tenant, payout.currency, name] += amount
    return found


def _of_payment(seen: Seen, payment: Payment) -> Counter[str]:
    sold = payment.state in (State.CONFIRMED, State.SETTLED)
    back = [each for each in payment.refunds if each.state is RefundState.SUCCEEDED]
    lost = [each for each in payment.disputes if each.is_lost and each.held]
    held = sum(each.amount.amount for each in payment.captures[1 if sold else 0 :])
    found = Counter(
        {
            DISPUTES: -sum(each.amount for each in payment.disputes if each.state is DisputeState.OPEN),
            UNALLOCATED: held - sum(each.amount for each in back if each.held) - sum(each.amount for each in lost),
        }
    )
    if sold and payment.deposit:
        found.update(of_deposit(seen, payment, payment.deposit))
    elif sold:
        found.update(_of_gift_card(payment) if payment.gift_card else _of_sale(payment))
    return found


def _of_sale(payment: Payment) -> Counter[str]:
    """The provider's part that came back from a bank came back; what had gone onto tenders with it did not."""
    back = [each for each in payment.refunds if each.state is RefundState.SUCCEEDED and not each.held]
    onto = [each for each in payment.refunds if each.state in (RefundState.SUCCEEDED, RefundState.RETURNED)]
    fees = sum(each.fee for each in back) + sum(each.tendered_fee for each in onto)
    parts = [part for each in onto for part in each.tendered]
    gone = sum(each.amount for each in back) + sum(each.amount for each in parts)
    lost = sum(each.amount for each in payment.disputes if each.is_lost and not each.held)
    found = Counter(
        {PLATFORM_FEES: payment.fee - fees, SELLERS: payment.amount.amount - payment.fee - (gone - fees) - lost}
    )
    for tender in payment.tenders:
        returned = sum(each.amount for each in parts if each.tender == tender.id)
        account = f"customer_credit:{tender.account}" if tender.kind is TenderKind.CREDIT else GIFT_CARD_LIABILITY
        found[account] += returned - tender.amount
    return found


def _of_gift_card(payment: Payment) -> Counter[str]:
    """Nobody sold anything yet: the price is owed to whoever has the card."""
    back = sum(e.amount for e in payment.refunds if e.state is RefundState.SUCCEEDED and not e.held)
    disputes = [each for each in payment.disputes if not each.held]
    taken = sum(each.amount for each in disputes if each.state is not DisputeState.WON)
    return Counter(
        {
            GIFT_CARD_LIABILITY: payment.amount.amount - back - taken,
            GIFT_CARDS_DISPUTED: sum(each.amount for each in disputes if each.state is DisputeState.OPEN),
        }
    )


def _of_card(card: GiftCard, told: Sequence[Event]) -> Counter[str]:
    """What was done with the card itself. What payments did with it, they say."""
    found: Counter[str] = Counter()
    for data in [event.data for event in told]:
        used, redeemed = (data.get(name, 0) for name in ("used", "redeemed"))
        expired = data.get("expired_amount", 0) - data.get("breakage_reversed", 0)
        found[GIFT_CARD_LIABILITY] -= used + redeemed + expired
        found[SELLERS] += used
        found[BREAKAGE] += expired
        if redeemed:
            found[f"customer_credit:{customer_of(card.tenant, data['user_id'])}"] += redeemed
    return found


def _of_payout(payout: Payout) -> dict[str, int]:
    on_its_way = payout.state in (PayoutState.REQUESTED, PayoutState.UNKNOWN, PayoutState.SENT)
    return {
        PAYOUTS_IN_TRANSIT: payout.amount if on_its_way else 0,
        PLATFORM_FEES: payout.fee if payout.state is PayoutState.PAID else 0,
        SELLERS: 0 if payout.state is PayoutState.FAILED else -payout.amount,
    }

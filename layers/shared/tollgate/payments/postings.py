"""What money that comes in moves in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.fees.providers import expected
from tollgate.kernel.money import Money
from tollgate.ledger import rules, rules_of_deposits, rules_of_gift_cards, rules_of_held_money
from tollgate.ledger.model import JournalEntry
from tollgate.payments.deposits import held_account
from tollgate.payments.tenders import by_account

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Payment


def sale(payment: Payment, now: datetime) -> tuple[JournalEntry, ...]:
    """With what the provider is expected to keep; what it has kept is known when it settles."""
    if payment.deposit is not None:
        entry = _deposit(payment, payment.deposit.account, now)
    else:
        entry = _gift_card_sale(payment, now) if payment.gift_card else _sale(payment, now)
    return (entry,) if entry else ()


def _sale(payment: Payment, now: datetime) -> JournalEntry | None:
    return rules.payment_confirmed(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        platform_fee=payment.fee,
        provider_fee=payment.provider_fee,
        at=now,
        tendered=by_account(payment.tenders, {each.id: each.amount for each in payment.tenders}),
    )


def _deposit(payment: Payment, account: str, now: datetime) -> JournalEntry | None:
    return rules_of_deposits.deposit_received(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        account=account,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        provider_fee=payment.provider_fee,
        at=now,
    )


def _gift_card_sale(payment: Payment, now: datetime) -> JournalEntry | None:
    return rules_of_gift_cards.gift_card_sold(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        provider_fee=payment.provider_fee,
        at=now,
    )


def settled_without_a_seller(payment: Payment, fee: int, now: datetime) -> JournalEntry | None:
    """Nobody but the holder of a gift card is owed anything, and of a deposit that has gone back nobody at all: only
    the provider's fee is put right.
    """
    rule = rules_of_deposits.deposit_settled if held_account(payment) else rules_of_gift_cards.gift_card_sale_settled
    return rule(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        currency=payment.amount.currency,
        fee_difference=fee - payment.provider_fee,
        at=now,
    )


def converted_fee(payment: Payment, fee: Money, occasion: str, now: datetime) -> JournalEntry | None:
    """What the provider keeps in another currency than the payment's, in books of its own."""
    return rules.converted_fee(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        currency=fee.currency,
        fee=fee.amount,
        occasion=occasion,
        at=now,
    )


def held(payment: Payment, capture: Capture, now: datetime) -> tuple[JournalEntry, ...]:
    """The provider keeps its fee of whatever it took. Held money is never settled: what is expected stays."""
    entry = rules_of_held_money.money_held(
        tenant=payment.tenant,
        payment_id=payment.id,
        capture_id=capture.reference,
        provider=payment.provider,
        currency=capture.amount.currency,
        amount=capture.amount.amount,
        provider_fee=expected(payment.provider, capture.amount),
        at=now,
    )
    return (entry,) if entry else ()

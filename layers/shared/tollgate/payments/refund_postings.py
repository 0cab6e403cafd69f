"""What a refund moves in the ledger: when it has gone, and when it comes back. A request moves nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.ledger import rules, rules_of_deposits, rules_of_gift_cards
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.rules_of_held_money import held_money_refunded, held_money_returned
from tollgate.payments.deposits import held_account
from tollgate.payments.tenders import by_account

if TYPE_CHECKING:
    from tollgate.payments.model import Payment
    from tollgate.payments.refunds import Refund


def gone(payment: Payment, refund: Refund, now: datetime) -> tuple[JournalEntry, ...]:
    """It has surely gone: to the provider, and onto tenders."""
    return _all(_to_provider(payment, refund, now, came_back=False), _onto_tenders(payment, refund, now))


def came_back(payment: Payment, refund: Refund, now: datetime) -> tuple[JournalEntry, ...]:
    """What the provider had sent came back from the buyer's bank. What went onto tenders stays there."""
    return _all(_to_provider(payment, refund, now, came_back=True), _settled_late(payment, refund, now))


def _to_provider(payment: Payment, refund: Refund, now: datetime, *, came_back: bool) -> JournalEntry | None:
    currency = payment.amount.currency
    if refund.held:
        of_held = held_money_returned if came_back else held_money_refunded
        return of_held(payment.tenant, payment.id, refund.id, payment.provider, currency, refund.amount, now)
    if payment.gift_card:
        return _of_gift_card(payment, refund, now, came_back=came_back)
    if account := held_account(payment):
        of_deposit = rules_of_deposits.deposit_refund_failed if came_back else rules_of_deposits.deposit_refunded
        return of_deposit(
            payment.tenant, payment.id, refund.id, payment.provider, account, currency, refund.amount, now
        )
    rule = rules.refund_failed_after_success if came_back else rules.refund_succeeded
    return rule(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=currency,
        amount=refund.amount,
        platform_fee_part=refund.fee,
        settled=refund.settled,
        at=now,
    )


def _of_gift_card(payment: Payment, refund: Refund, now: datetime, *, came_back: bool) -> JournalEntry | None:
    failed, refunded = rules_of_gift_cards.gift_card_sale_refund_failed, rules_of_gift_cards.gift_card_sale_refunded
    return (failed if came_back else refunded)(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        provider=payment.provider,
        currency=payment.amount.currency,
        amount=refund.amount,
        at=now,
    )


def _onto_tenders(payment: Payment, refund: Refund, now: datetime) -> JournalEntry | None:
    if not refund.tendered:
        return None
    return rules.tendered_refunded(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        seller=payment.seller,
        currency=payment.amount.currency,
        tendered=by_account(payment.tenders, {each.tender: each.amount for each in refund.tendered}),
        platform_fee_part=refund.tendered_fee,
        settled=refund.settled,
        at=now,
    )


def _settled_late(payment: Payment, refund: Refund, now: datetime) -> JournalEntry | None:
    """What was taken from pending, and comes back when the sale has been settled, is available at once."""
    nobodys = refund.held or payment.gift_card or held_account(payment)
    if nobodys or refund.settled or not payment.is_settled:
        return None
    return rules.share_settled_late(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=refund.amount - refund.fee,
        at=now,
    )


def _all(*entries: JournalEntry | None) -> tuple[JournalEntry, ...]:
    return tuple(each for each in entries if each)

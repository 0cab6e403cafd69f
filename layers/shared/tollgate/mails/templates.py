"""The letters about payments and gift cards. Amounts have the digits of their currency; dates are UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tollgate.kernel.money import Money, total
from tollgate.mails.layout import LONGEST_NAME, Page, day, one_line, rendered
from tollgate.mails.model import GiftCardLetter, Mail, News, Receipt, Tender

_PAID_BY = {Tender.GIFT_CARD: "Paid by gift card", Tender.CREDIT: "Paid by credit"}


def gift_card(card: GiftCardLetter) -> Mail:
    """To whom a gift card was bought for, with its code."""
    sender = one_line(card.sender_name or "")
    given_by = sender[:LONGEST_NAME] or "Somebody"
    page = Page(
        subject=f"{given_by} has sent you a gift card of {card.amount}",
        opening=("Hello,", f"{sender or 'somebody'} has sent you a gift card of {card.amount}."),
        quote=card.message,
        prominent=card.code,
        rows=(("Amount", str(card.amount)), *_expiry(card.expires_at)),
        closing=("Enter this code when you pay. Whoever has it can spend it: please keep it to yourself.",),
    )
    return rendered(card.recipient, page)


def receipt(paid: Receipt, news: News) -> Mail:
    """To who paid, once all of it was taken."""
    page = Page(
        subject=f"Receipt for your payment of {paid.amount}",
        opening=("Hello,", f"thank you. We have received your payment of {paid.amount}."),
        rows=(
            *_bought(paid),
            ("Total", str(paid.amount)),
            *_tendered(paid.amount, news),
            *_named(paid, news.occurred_at),
        ),
    )
    return rendered(paid.email, page)


def failure(unpaid: Receipt, news: News) -> Mail:
    """To who tried to pay, once the payment has ended without money."""
    page = Page(
        subject=f"Your payment of {unpaid.amount} did not go through",
        opening=(
            "Hello,",
            f"your payment of {unpaid.amount} did not go through. Nothing was charged for it.",
        ),
        rows=(*_bought(unpaid), ("Total", str(unpaid.amount)), *_named(unpaid, news.occurred_at)),
        closing=("If you still want this, please order it again.",),
    )
    return rendered(unpaid.email, page)


def _bought(told: Receipt) -> Iterator[tuple[str, str]]:
    for line in told.lines:
        yield f"{line.quantity} x {line.name}", str(line.total)


def _tendered(amount: Money, news: News) -> Iterator[tuple[str, str]]:
    """How much of it came from gift cards and credit, and what was left for the provider to take."""
    for tender, part in news.tendered:
        yield _PAID_BY[tender], str(part)
    rest = amount - total((part for _, part in news.tendered), amount.currency)
    if news.tendered and rest.amount:
        yield "Charged", str(rest)


def _named(told: Receipt, at: datetime) -> Iterator[tuple[str, str]]:
    yield "Date", day(at)
    yield "Payment", told.payment_id
    if told.reference:
        yield "Your reference", told.reference


def _expiry(at: datetime | None) -> Iterator[tuple[str, str]]:
    yield "Valid until", day(at) if at else "it is spent"

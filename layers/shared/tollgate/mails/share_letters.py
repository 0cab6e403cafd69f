"""The letters about shares of group payments, each for as long as what it says is so. As `templates`."""

from __future__ import annotations

from collections.abc import Callable

from tollgate.mails.layout import Page, minute, rendered
from tollgate.mails.model import Letter, Mail, News
from tollgate.mails.shares import ShareLetter


def write(of: ShareLetter, news: News) -> Mail | None:
    """The letter of an event of a share; None where what it would tell is over."""
    page = _PAGES[news.letter](of)
    return rendered(of.recipient, page) if page else None


def _request(of: ShareLetter) -> Page | None:
    """What it costs, where to pay, and until when."""
    return _asking(of, f"Your share of a group payment: {of.amount}", "you are asked to pay your share of")


def _reminder(of: ShareLetter) -> Page | None:
    """The same once more."""
    return _asking(of, f"Your share of {of.amount} is still missing", "nobody has paid yet your share of")


def _asking(of: ShareLetter, subject: str, said: str) -> Page | None:
    if not of.payable:
        return None
    until = minute(of.until)
    return Page(
        subject=subject,
        opening=(_hello(of), f"{said} a group payment: {of.amount} for {_tickets(of)}."),
        link=of.link,
        rows=(("Amount", str(of.amount)), ("Tickets", str(of.tickets)), ("Pay until", until)),
        closing=(
            f"If not all have paid by {until}, nothing is bought, and whoever has paid gets the money back.",
            "The link is yours alone: whoever has it can pay your share.",
        ),
    )


def _held(of: ShareLetter) -> Page | None:
    """That it is set aside."""
    if not of.held:
        return None
    until = minute(of.until)
    return Page(
        subject=f"Your share of {of.amount} is set aside",
        opening=(_hello(of), f"thank you. Your bank keeps your share of a group payment ready for us: {of.amount}."),
        rows=(("Amount", str(of.amount)), ("Tickets", str(of.tickets))),
        closing=(f"It is taken as soon as all have paid. If somebody has not by {until}, nothing is taken.",),
    )


def _released(of: ShareLetter) -> Page | None:
    """That nothing is set aside any more."""
    if of.held or of.paid:
        return None
    return Page(
        subject=f"Your share of {of.amount} is not taken",
        opening=(
            _hello(of),
            f"your share of a group payment, {of.amount}, is free again. Your bank may show it for some days.",
        ),
        link=of.link,
        rows=(("Amount", str(of.amount)),),
        closing=(f"You can still pay it until {minute(of.until)}." if of.payable else "Nothing was bought.",),
    )


def _paid(of: ShareLetter) -> Page | None:
    """That it has come."""
    if not of.paid:
        return None
    return Page(
        subject=f"We have received your share of {of.amount}",
        opening=(_hello(of), f"thank you. We have received your share of a group payment: {of.amount}."),
        rows=(("Amount", str(of.amount)), ("Tickets", str(of.tickets))),
        closing=("Everybody's share is in." if of.complete else "As soon as all have paid, the tickets are bought.",),
    )


def _refunded(of: ShareLetter) -> Page | None:
    """That it goes back."""
    if of.paid:
        return None
    return Page(
        subject=f"Your share of {of.amount} goes back to you",
        opening=(
            _hello(of),
            f"your share of a group payment, {of.amount}, goes back to where it came from. That may take some days.",
        ),
        rows=(("Amount", str(of.amount)),),
        closing=(f"You can still pay it until {minute(of.until)}." if of.payable else "Nothing was bought.",),
    )


def _hello(of: ShareLetter) -> str:
    return f"Hello {of.name},"


def _tickets(of: ShareLetter) -> str:
    return "one ticket" if of.tickets == 1 else f"{of.tickets} tickets"


_PAGES: dict[Letter, Callable[[ShareLetter], Page | None]] = {
    Letter.SHARE_REQUEST: _request,
    Letter.SHARE_REMINDER: _reminder,
    Letter.SHARE_HELD: _held,
    Letter.SHARE_RELEASED: _released,
    Letter.SHARE_PAID: _paid,
    Letter.SHARE_REFUNDED: _refunded,
}

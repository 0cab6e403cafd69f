"""The letters about subscriptions, each for as long as what it says is so. As `templates`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tollgate.mails.layout import LONGEST_NAME, Page, day, one_line, rendered
from tollgate.mails.model import Letter, Mail, News
from tollgate.mails.standing import Owed, Phase, Standing

_HELLO = "Hello,"


def write(of: Standing, news: News, now: datetime) -> Mail | None:
    """The letter of an event of a subscription; None where what it would tell is over."""
    page = _PAGES[news.letter](of, news, now)
    return rendered(of.email, page) if page else None


def _trial(of: Standing, _: News, now: datetime) -> Page | None:
    """That it has begun, when it ends, and what it costs then."""
    if of.phase is not Phase.TRIAL or not of.renews or now >= of.until:
        return None
    price, end = _price(of), day(of.until)
    return Page(
        subject=f"Your trial of {_named(of)} has begun",
        opening=(_HELLO, f"your trial of {of.plan} has begun. Nothing was charged for it."),
        rows=(("Plan", of.plan), ("Trial until", end), ("Price after that", price)),
        closing=(f"If you do not cancel before, {of.price} is charged on {end}, and then every {of.interval}.",),
    )


def _grace(of: Standing, news: News, now: datetime) -> Page | None:
    """That a period could not be charged."""
    subject = f"Your payment for {_named(of)} did not go through"
    return _owing(of, news, now, subject, "could not be charged")


def _retry(of: Standing, news: News, now: datetime) -> Page | None:
    """Nor in another try."""
    subject = f"Your payment for {_named(of)} did not go through again"
    return _owing(of, news, now, subject, "could not be charged in another try")


def _reminder(of: Standing, news: News, now: datetime) -> Page | None:
    """That it is still owed."""
    return _owing(of, news, now, f"Your payment for {_named(of)} is still missing", "could not be charged so far")


def _owing(of: Standing, news: News, now: datetime, subject: str, said: str) -> Page | None:
    """What is owed, what happens next, and how long access stays. Nothing of it is so once it is paid or over."""
    owed = of.owed
    if owed is None or owed.invoice != news.invoice or now >= owed.access_until:
        return None
    until = day(owed.access_until)
    return Page(
        subject=subject,
        opening=(_HELLO, f"{owed.amount} for your subscription to {of.plan} {said}."),
        rows=(("Plan", of.plan), ("Amount owed", str(owed.amount)), ("Access until", until)),
        closing=(
            _next(owed, now),
            f"Until {until} you keep your access. If it is not paid by then, your subscription ends.",
        ),
    )


def _next(owed: Owed, now: datetime) -> str:
    if owed.tried_elsewhere:
        return "It is tried again in the next days. Please see to it that your card can be charged."
    if owed.next_try_at is None:
        return "To go on, please give another card where you have subscribed."
    again = day(max(owed.next_try_at, now))
    return f"We will try again on {again}. You need to do nothing, unless you want to pay with another card."


def _recovery(of: Standing, news: News, _: datetime) -> Page | None:
    """That what was owed is paid."""
    if of.phase is not Phase.GOING or of.owed is not None or news.invoice not in of.paid:
        return None
    goes_on = ", and it goes on as before" if of.renews else ""
    return Page(
        subject=f"Thank you: your payment for {_named(of)} has arrived",
        opening=(_HELLO, f"thank you. What was owed for your subscription to {of.plan} is paid{goes_on}."),
        rows=(("Plan", of.plan), ("Paid until", day(of.until))),
    )


def _given_up(of: Standing, news: News, _: datetime) -> Page | None:
    """That it is over, and how to come back."""
    if of.phase is not Phase.GIVEN_UP or of.ends_at is None or news.invoice in of.paid:
        return None
    return Page(
        subject=f"Your subscription to {_named(of)} has ended",
        opening=(
            _HELLO,
            f"your subscription to {of.plan} was not paid in time. It has ended, and your access with it.",
        ),
        rows=(("Plan", of.plan), ("Ended", day(of.ends_at))),
        closing=("If you want to come back, please subscribe again: your plan begins anew with the first payment.",),
    )


def _cancellation(of: Standing, _: News, __: datetime) -> Page | None:
    """When it ends, or that it has. It may have been taken back."""
    if of.ends_at is None or of.phase is Phase.GIVEN_UP:
        return None
    end = day(of.ends_at)
    if of.phase is Phase.CANCELLED:
        return Page(
            subject=f"Your subscription to {_named(of)} has ended",
            opening=(_HELLO, f"your subscription to {of.plan} is cancelled. It has ended, and your access with it."),
            rows=(("Plan", of.plan), ("Ended", end)),
        )
    back = f" If you change your mind before {end}, you can resume it." if of.resumes else ""
    stays = f"Until then you keep your access.{back}"
    return Page(
        subject=f"Your subscription to {_named(of)} ends on {end}",
        opening=(_HELLO, f"your subscription to {of.plan} is cancelled. It ends on {end}, and is not renewed."),
        rows=(("Plan", of.plan), ("Ends", end)),
        closing=() if of.owed else (stays,),
    )


def _named(of: Standing) -> str:
    return one_line(of.plan)[:LONGEST_NAME]


def _price(of: Standing) -> str:
    return f"{of.price} every {of.interval}"


_PAGES: dict[Letter, Callable[[Standing, News, datetime], Page | None]] = {
    Letter.TRIAL: _trial,
    Letter.GRACE: _grace,
    Letter.RETRY: _retry,
    Letter.REMINDER: _reminder,
    Letter.RECOVERY: _recovery,
    Letter.GIVEN_UP: _given_up,
    Letter.CANCELLATION: _cancellation,
}

"""Letters say what is true, in amounts of their currency, and take whatever was written elsewhere as text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, usd
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.mails import templates
from tollgate.mails.model import GiftCardLetter, Letter, Mail, News, Receipt, ReceiptLine, Tender

CODE = "ABCD-EFGH-JKLM"
CARD = GiftCardLetter("zoe@mail.example", CODE, usd(5000), datetime(2027, 11, 5, tzinfo=UTC), "Ann", "Happy birthday!")
LINES = (ReceiptLine("Concert ticket", 2, usd(10_000)), ReceiptLine("Poster", 1, usd(1_250)))
PAID = Receipt(
    "zoe@mail.example", derived("pay", "1"), usd(11_250), LINES, paid=True, unpaid=False, reference="order-1"
)
UNPAID = replace(PAID, paid=False, unpaid=True)
NEWS = News("demo", derived("evt", "1"), Letter.RECEIPT, PAID.payment_id, NOW)
# What could become markup, a header, or something else than it looks like.
NASTY = "<b>&\"'</b>\r\nBcc: a@b.example\x00\x1b[31m\u202egnp.exe\ud800"


def visible(mail: Mail) -> str:
    """The words of the HTML."""
    body = mail.html.partition("</head>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_gift_card_shows_its_code_amount_expiry_and_from_whom_it_is() -> None:
    mail = templates.gift_card(CARD)
    assert (mail.recipient, mail.subject) == ("zoe@mail.example", "Ann has sent you a gift card of 50.00 USD")
    for shown in (mail.text, visible(mail)):
        for part in (CODE, "50.00 USD", "5 November 2027", "Ann", "Happy birthday!"):
            assert part in shown


def test_a_code_is_in_no_subject() -> None:
    """Subjects are shown on locked screens."""
    assert CODE not in templates.gift_card(CARD).subject


def test_a_gift_card_without_a_word_or_an_end_is_whole() -> None:
    mail = templates.gift_card(replace(CARD, sender_name=None, message=None, expires_at=None))
    assert mail.subject == "Somebody has sent you a gift card of 50.00 USD"
    assert "Valid until: it is spent" in mail.text
    assert "None" not in mail.text + mail.html
    assert "<blockquote" not in mail.html
    assert ">" not in mail.text


def test_a_receipt_shows_what_was_bought_and_what_it_came_to() -> None:
    mail = templates.receipt(PAID, NEWS)
    assert (mail.recipient, mail.subject) == ("zoe@mail.example", "Receipt for your payment of 112.50 USD")
    assert mail.text == (
        "Hello,\n\n"
        "thank you. We have received your payment of 112.50 USD.\n\n"
        "2 x Concert ticket: 100.00 USD\n"
        "1 x Poster: 12.50 USD\n"
        "Total: 112.50 USD\n"
        "Date: 5 November 2026\n"
        f"Payment: {PAID.payment_id}\n"
        "Your reference: order-1\n"
    )
    rows = re.findall(r"(.+): (.+)\n", mail.text.split("\n\n")[2])
    assert all(f"{name} {value}" in visible(mail) for name, value in rows)


def test_a_receipt_tells_what_a_gift_card_and_credit_paid_and_what_was_charged() -> None:
    tendered = ((Tender.GIFT_CARD, usd(5_000)), (Tender.CREDIT, usd(1_000)))
    text = templates.receipt(PAID, replace(NEWS, tendered=tendered)).text
    assert "Paid by gift card: 50.00 USD\nPaid by credit: 10.00 USD\nCharged: 52.50 USD\n" in text


def test_what_a_gift_card_paid_in_full_was_not_charged() -> None:
    text = templates.receipt(PAID, replace(NEWS, tendered=((Tender.GIFT_CARD, PAID.amount),))).text
    assert "Paid by gift card: 112.50 USD\n" in text
    assert "Charged" not in text


def test_a_failure_says_what_was_not_paid_and_that_nothing_was_charged() -> None:
    mail = templates.failure(UNPAID, NEWS)
    assert mail.subject == "Your payment of 112.50 USD did not go through"
    for shown in (mail.text, visible(mail)):
        assert "Nothing was charged for it." in shown
        assert "2 x Concert ticket" in shown
        assert "thank you" not in shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(5000, "JPY"), "5000 JPY"),
        (Money(5000, "KWD"), "5.000 KWD"),
        (Money(7, "EUR"), "0.07 EUR"),
        (usd(123_456_789), "1234567.89 USD"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(amount: Money, shown: str) -> None:
    assert f"Amount: {shown}\n" in templates.gift_card(replace(CARD, amount=amount)).text
    assert shown in templates.receipt(replace(PAID, amount=amount, lines=()), NEWS).subject


def test_a_day_is_that_of_utc() -> None:
    late = datetime(2027, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert "Valid until: 1 January 2028" in templates.gift_card(replace(CARD, expires_at=late)).text


def every_letter(text: str) -> list[Mail]:
    lines = (ReceiptLine(text, 1, usd(1)),)
    return [
        templates.gift_card(replace(CARD, sender_name=text, message=text)),
        templates.receipt(replace(PAID, lines=lines, reference=text), NEWS),
        templates.failure(replace(UNPAID, lines=lines, reference=text), NEWS),
    ]


@given(st.text() | st.text(alphabet="<>&\"'\r\n{}%\u202e\x00é🎟 ab", max_size=40))
def test_whatever_was_written_elsewhere_is_text(text: str) -> None:
    for mail, as_usual in zip(every_letter(text), every_letter("Zoe"), strict=True):
        assert "\r" not in mail.subject + mail.text + mail.html
        assert "\n" not in mail.subject
        assert len(mail.subject) <= 150
        assert all(part.encode() for part in (mail.subject, mail.text, mail.html))
        assert tags(mail) <= tags(as_usual) | {"<br>"}


def tags(mail: Mail) -> set[str]:
    """But for the title, which is text."""
    return set(re.findall(r"<[^>]*>", re.sub(r"<title>[^<]*</title>", "", mail.html)))


def test_a_name_becomes_no_header_and_turns_nothing_around() -> None:
    for mail in every_letter(NASTY):
        for hidden in ("\x00", "\x1b", "\u202e", "\ud800"):
            assert hidden not in mail.subject + mail.text + mail.html
        assert "<b>" not in mail.html
        assert "\nBcc:" not in mail.subject + mail.text


def test_a_message_of_several_lines_stays_so_and_is_marked_as_somebody_elses() -> None:
    mail = templates.gift_card(replace(CARD, message="  Dear Zoe,\n\nenjoy <it>!  "))
    assert "> Dear Zoe,\n>\n> enjoy <it>!\n" in mail.text
    assert "Dear Zoe,<br>\n<br>\nenjoy &lt;it&gt;!</blockquote>" in mail.html

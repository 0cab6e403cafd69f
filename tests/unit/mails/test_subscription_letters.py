"""Letters about subscriptions say what is owed, until when, and what happens next; and nothing that is over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, usd
from tests.unit.mails.test_letters import NASTY, tags, visible
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.mails.model import SUBJECT_OF, Letter, Mail, News
from tollgate.mails.standing import Owed, Phase, Standing
from tollgate.mails.subscription_letters import write

DAY = timedelta(days=1)  # from 5 November 2026 on
MEMBER = "member@mail.example"
GOLD = Standing(MEMBER, "Gold, monthly", usd(3999), "month", Phase.GOING, renews=True, until=NOW + 30 * DAY)
TRIAL = replace(GOLD, phase=Phase.TRIAL, until=NOW + 14 * DAY)
OWING = replace(GOLD, owed=Owed("in_2", usd(4100), NOW + 7 * DAY, NOW + DAY))
CARDLESS = replace(GOLD, owed=Owed("in_2", usd(4100), NOW + 7 * DAY, None))
PAID = replace(GOLD, paid=("in_1", "in_2"))
GIVEN_UP = replace(GOLD, phase=Phase.GIVEN_UP, renews=False, ends_at=NOW, paid=("in_1",))
ENDING = replace(GOLD, renews=False, ends_at=NOW + 30 * DAY)
CANCELLED = replace(GOLD, phase=Phase.CANCELLED, renews=False, ends_at=NOW)
TELLING: dict[Letter, Standing] = {
    Letter.TRIAL: TRIAL,
    Letter.GRACE: OWING,
    Letter.RETRY: OWING,
    Letter.REMINDER: OWING,
    Letter.RECOVERY: PAID,
    Letter.GIVEN_UP: GIVEN_UP,
    Letter.CANCELLATION: ENDING,
}
OF_DEBTS = [Letter.GRACE, Letter.RETRY, Letter.REMINDER]


def about(letter: Letter) -> News:
    return News("demo", derived("evt", letter), letter, derived("sub", "1"), NOW, invoice="in_2")


def written(letter: Letter, of: Standing | None = None, later: timedelta = timedelta(0)) -> Mail:
    mail = write(of or TELLING[letter], about(letter), NOW + later)
    assert mail is not None
    return mail


def test_every_letter_about_a_subscription_is_here() -> None:
    assert set(TELLING) == {letter for letter, subject in SUBJECT_OF.items() if subject == "subscription"}


def test_who_could_not_be_charged_hears_what_is_owed_when_it_is_tried_again_and_how_long_access_stays() -> None:
    mail = written(Letter.GRACE)
    assert (mail.recipient, mail.subject) == (MEMBER, "Your payment for Gold, monthly did not go through")
    assert mail.text == (
        "Hello,\n\n"
        "41.00 USD for your subscription to Gold, monthly could not be charged.\n\n"
        "Plan: Gold, monthly\n"
        "Amount owed: 41.00 USD\n"
        "Access until: 12 November 2026\n\n"
        "We will try again on 6 November 2026. You need to do nothing, unless you want to pay with another card.\n\n"
        "Until 12 November 2026 you keep your access. If it is not paid by then, your subscription ends.\n"
    )
    for part in re.split(r"[:\n]+", mail.text):
        assert part.strip() in visible(mail)


@pytest.mark.parametrize("letter", OF_DEBTS)
def test_where_no_try_helps_another_card_is_asked_for(letter: Letter) -> None:
    mail = written(letter, CARDLESS)
    assert "please give another card where you have subscribed" in mail.text
    assert "try again" not in mail.text


@pytest.mark.parametrize("letter", OF_DEBTS)
def test_where_somebody_else_tries_again_neither_a_day_is_promised_nor_another_card_asked_for(letter: Letter) -> None:
    owed = Owed("in_2", usd(4100), NOW + 7 * DAY, None, tried_elsewhere=True)
    mail = written(letter, replace(GOLD, owed=owed))
    assert "It is tried again in the next days. Please see to it that your card can be charged." in mail.text
    assert "another card" not in mail.text


def test_where_a_cancellation_cannot_be_taken_back_nobody_is_told_that_it_can() -> None:
    text = written(Letter.CANCELLATION, replace(ENDING, resumes=False)).text
    assert ("Until then you keep your access." in text, "resume" in text) == (True, False)


@pytest.mark.parametrize("letter", OF_DEBTS)
def test_a_try_that_is_overdue_is_not_said_to_be_in_the_past(letter: Letter) -> None:
    assert "We will try again on 8 November 2026." in written(letter, later=3 * DAY).text


def test_the_letters_of_a_debt_are_told_apart() -> None:
    subjects = [written(each).subject.removeprefix("Your payment for Gold, monthly ") for each in OF_DEBTS]
    assert subjects == ["did not go through", "did not go through again", "is still missing"]


@pytest.mark.parametrize("letter", OF_DEBTS)
@pytest.mark.parametrize(
    "meanwhile", [PAID, GIVEN_UP, CANCELLED, replace(OWING, owed=Owed("in_3", usd(4100), NOW + 7 * DAY, None))]
)
def test_what_is_not_owed_any_more_is_not_asked_for(letter: Letter, meanwhile: Standing) -> None:
    assert write(meanwhile, about(letter), NOW) is None


@pytest.mark.parametrize("letter", OF_DEBTS)
def test_when_access_is_over_nobody_is_told_that_it_stays(letter: Letter) -> None:
    assert write(OWING, about(letter), NOW + 7 * DAY) is None


def test_who_has_paid_what_was_owed_is_thanked_and_told_until_when() -> None:
    mail = written(Letter.RECOVERY)
    assert mail.subject == "Thank you: your payment for Gold, monthly has arrived"
    assert "What was owed for your subscription to Gold, monthly is paid, and it goes on as before." in mail.text
    assert "Paid until: 5 December 2026\n" in mail.text


def test_one_that_is_to_end_is_not_said_to_go_on() -> None:
    assert "goes on" not in written(Letter.RECOVERY, replace(ENDING, paid=("in_2",))).text


@pytest.mark.parametrize("meanwhile", [GOLD, replace(OWING, paid=("in_2",)), GIVEN_UP, CANCELLED])
def test_nobody_is_thanked_for_what_did_not_come_or_did_not_help(meanwhile: Standing) -> None:
    assert write(meanwhile, about(Letter.RECOVERY), NOW) is None


def test_a_trial_says_when_it_ends_and_what_is_charged_then() -> None:
    mail = written(Letter.TRIAL)
    assert mail.subject == "Your trial of Gold, monthly has begun"
    for shown in (mail.text, visible(mail)):
        assert "Nothing was charged for it." in shown
        assert "If you do not cancel before, 39.99 USD is charged on 19 November 2026, and then every month." in shown
    assert "Trial until: 19 November 2026\nPrice after that: 39.99 USD every month\n" in mail.text
    yen = written(Letter.TRIAL, replace(TRIAL, price=Money(1480, "JPY"), interval="year"))
    assert "1480 JPY every year" in yen.text


@pytest.mark.parametrize("meanwhile", [GOLD, replace(TRIAL, renews=False), replace(TRIAL, until=NOW), CANCELLED])
def test_nobody_is_told_that_a_trial_will_cost_what_it_will_not(meanwhile: Standing) -> None:
    assert write(meanwhile, about(Letter.TRIAL), NOW) is None


def test_who_never_paid_hears_that_access_is_over_and_how_to_come_back() -> None:
    mail = written(Letter.GIVEN_UP)
    assert mail.subject == "Your subscription to Gold, monthly has ended"
    for shown in (mail.text, visible(mail)):
        assert "It has ended, and your access with it." in shown
        assert "If you want to come back, please subscribe again" in shown
    assert "Ended: 5 November 2026\n" in mail.text


@pytest.mark.parametrize("meanwhile", [OWING, PAID, CANCELLED, replace(GIVEN_UP, paid=("in_2",))])
def test_nobody_is_told_that_it_was_given_up_where_it_was_not_or_was_paid_late(meanwhile: Standing) -> None:
    assert write(meanwhile, about(Letter.GIVEN_UP), NOW) is None


def test_who_cancels_hears_when_it_ends_and_that_it_can_be_resumed() -> None:
    mail = written(Letter.CANCELLATION)
    assert mail.subject == "Your subscription to Gold, monthly ends on 5 December 2026"
    assert "It ends on 5 December 2026, and is not renewed." in mail.text
    assert "you can resume it" in mail.text
    owing = written(Letter.CANCELLATION, replace(ENDING, owed=OWING.owed))
    assert "you keep your access" not in owing.text


def test_who_cancels_at_once_hears_that_it_has_ended() -> None:
    mail = written(Letter.CANCELLATION, CANCELLED)
    assert mail.subject == "Your subscription to Gold, monthly has ended"
    assert "your access with it" in mail.text
    assert "resume" not in mail.text


@pytest.mark.parametrize("meanwhile", [GOLD, TRIAL, GIVEN_UP])
def test_what_was_taken_back_is_not_said_to_end(meanwhile: Standing) -> None:
    assert write(meanwhile, about(Letter.CANCELLATION), NOW) is None


@pytest.mark.parametrize("letter", TELLING)
def test_the_name_of_a_plan_is_text(letter: Letter) -> None:
    of = TELLING[letter]
    for name in (NASTY, "x" * 500):
        mail, as_usual = written(letter, replace(of, plan=name)), written(letter, of)
        assert "\n" not in mail.subject
        assert len(mail.subject) <= 150
        assert tags(mail) <= tags(as_usual)
        for hidden in ("\x00", "\x1b", "\u202e", "\ud800", "\nBcc:"):
            assert hidden not in mail.subject + mail.text + mail.html


@pytest.mark.parametrize("of", [GOLD, OWING])
def test_the_address_is_in_no_text_of_how_it_stands(of: Standing) -> None:
    assert MEMBER not in repr(of)

"""Each letter about a share says what is so, and none is written of what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, usd
from tests.support.fakes import MemorySecrets
from tests.support.groups import LIFE, GroupWorld
from tollgate.adapters.share_letters import MembersLetters
from tollgate.group_payments.errors import GroupLinksDisabled
from tollgate.group_payments.links import SECRET, PaymentLinks
from tollgate.kernel.ids import derived
from tollgate.mails.model import Letter, News
from tollgate.mails.share_letters import write
from tollgate.mails.shares import ShareLetter

LINK = "https://shop.example/groups/grp_1/shr_1#token&more"
SHARE = ShareLetter(
    "ann@mail.example", "Ann <b>", usd(5_000), 2, NOW + timedelta(minutes=10), True, False, False, False, LINK
)
PAID = replace(SHARE, payable=False, paid=True, link=None)
BACK = replace(SHARE, payable=False, link=None)
SET_ASIDE = replace(BACK, held=True)
ASKING = (Letter.SHARE_REQUEST, Letter.SHARE_REMINDER)


def news(letter: Letter) -> News:
    return News("demo", derived("evt", "1"), letter, derived("shr", "1"), NOW, group=derived("grp", "1"))


@pytest.mark.parametrize("letter", ASKING)
def test_who_is_asked_learns_how_much_until_when_and_where(letter: Letter) -> None:
    mail = write(SHARE, news(letter))
    assert mail is not None
    assert mail.recipient == "ann@mail.example"
    for part in ("50.00 USD", "2 tickets", "5 November 2026, 12:10 UTC"):
        assert part in mail.text
        assert part in mail.html
    assert LINK in mail.text
    assert 'href="https://shop.example/groups/grp_1/shr_1#token&amp;more"' in mail.html
    assert "<b>" not in mail.html
    assert "token" not in repr(mail)
    assert "token" not in repr(SHARE)


def test_who_has_set_it_aside_learns_that_it_is_not_taken_yet() -> None:
    mail = write(SET_ASIDE, news(Letter.SHARE_HELD))
    assert mail is not None
    assert "set aside" in mail.subject
    assert "5 November 2026, 12:10 UTC" in mail.text
    for over in (PAID, BACK):
        assert write(over, news(Letter.SHARE_HELD)) is None


def test_who_had_set_it_aside_learns_that_it_is_free_again() -> None:
    over, still = write(BACK, news(Letter.SHARE_RELEASED)), write(SHARE, news(Letter.SHARE_RELEASED))
    assert over is not None
    assert still is not None
    assert "50.00 USD" in over.text
    assert "Nothing was bought." in over.text
    assert LINK not in over.text
    assert LINK in still.text
    for here in (PAID, SET_ASIDE):
        assert write(here, news(Letter.SHARE_RELEASED)) is None


@pytest.mark.parametrize("of", [PAID, BACK])
@pytest.mark.parametrize("letter", ASKING)
def test_nobody_is_asked_for_what_is_paid_or_over(letter: Letter, of: ShareLetter) -> None:
    assert write(of, news(letter)) is None


def test_who_has_paid_is_told_so_and_what_happens_next() -> None:
    mail, last = write(PAID, news(Letter.SHARE_PAID)), write(replace(PAID, complete=True), news(Letter.SHARE_PAID))
    assert mail is not None
    assert last is not None
    assert "As soon as all have paid" in mail.text
    assert "Everybody's share is in." in last.text
    assert write(BACK, news(Letter.SHARE_PAID)) is None


def test_who_has_their_money_back_is_told_so_unless_they_have_paid_again() -> None:
    mail, open_ = write(BACK, news(Letter.SHARE_REFUNDED)), write(SHARE, news(Letter.SHARE_REFUNDED))
    assert mail is not None
    assert open_ is not None
    assert "goes back" in mail.subject
    assert "You can still pay it until" in open_.text
    assert write(PAID, news(Letter.SHARE_REFUNDED)) is None


def test_the_link_of_a_letter_is_made_again_and_only_while_it_leads_anywhere() -> None:
    world, keys = GroupWorld(), MemorySecrets({SECRET: {"keys": ["a key that only tests have"]}})
    links = PaymentLinks(keys, "https://shop.example/groups")
    made, letters = world.made(), MembersLetters(world.store.groups, links, world.clock)
    share = made.shares[0]
    written = letters.of("demo", made.group.id, share.id)
    assert written is not None
    assert (written.link, written.amount, written.payable) == (links.of(share), usd(5_000), True)
    assert letters.of("other", made.group.id, share.id) is letters.of("demo", made.group.id, "shr_none") is None
    world.paid(made, 0)
    paid = letters.of("demo", made.group.id, share.id)
    assert paid is not None
    assert (paid.link, paid.paid) == (None, True)
    world.clock.advance(LIFE)
    over = letters.of("demo", made.group.id, made.shares[1].id)
    assert over is not None
    assert (over.link, over.payable) == (None, False)


def test_while_the_key_is_not_there_the_letter_must_come_again() -> None:
    world = GroupWorld()
    made = world.made()
    letters = MembersLetters(world.store.groups, PaymentLinks(MemorySecrets({}), "https://shop.example"), world.clock)
    with pytest.raises(GroupLinksDisabled):
        letters.of("demo", made.group.id, made.shares[0].id)

"""Each event is told once, to whom it concerns, if it is still so; what cannot be told now is told later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, usd
from tests.support.memory.mails import (
    MemoryMailer,
    ScriptedGiftCards,
    ScriptedReceipts,
    ScriptedShares,
    ScriptedStandings,
)
from tests.support.stores import InMemory
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.ids import derived
from tollgate.mails.model import REMEMBER, GiftCardLetter, Letter, News, Note, Receipt
from tollgate.mails.ports import MailsDisabled, MailServiceUnavailable
from tollgate.mails.service import Mails, Told
from tollgate.mails.standing import Phase, Standing

PAYMENT, CARD, SUBSCRIPTION = derived("pay", "1"), derived("gft", "1"), derived("sub", "1")
BUYER, FRIEND, MEMBER = "buyer@mail.example", "friend@mail.example", "member@mail.example"
PAID = Receipt(BUYER, PAYMENT, usd(5000), (), paid=True, unpaid=False)
UNPAID = replace(PAID, paid=False, unpaid=True)
UNDECIDED = replace(PAID, paid=False)
CONFIRMED = News("demo", derived("evt", "1"), Letter.RECEIPT, PAYMENT, NOW)
FAILED = replace(CONFIRMED, letter=Letter.FAILURE, event_id=derived("evt", "2"))
ACTIVATED = News("demo", derived("evt", "3"), Letter.GIFT_CARD, CARD, NOW)
GOLD = Standing(MEMBER, "Gold", usd(3999), "month", Phase.TRIAL, renews=True, until=NOW + timedelta(days=14))
TRIAL = News("demo", derived("evt", "4"), Letter.TRIAL, SUBSCRIPTION, NOW)


@dataclass
class Post:
    """The room with its fakes."""

    store: InMemory = field(default_factory=InMemory)
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    cards: ScriptedGiftCards = field(default_factory=ScriptedGiftCards)
    receipts: ScriptedReceipts = field(default_factory=ScriptedReceipts)
    standings: ScriptedStandings = field(default_factory=ScriptedStandings)
    shares: ScriptedShares = field(default_factory=ScriptedShares)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def __post_init__(self) -> None:
        self.receipts.payments["demo", PAYMENT] = PAID
        self.cards.cards["demo", CARD] = GiftCardLetter(FRIEND, "ABCD-EFGH-JKLM", usd(2500), None)
        self.standings.subscriptions["demo", SUBSCRIPTION] = GOLD

    def mails(self) -> Mails:
        return Mails(
            mailer=self.mailer,
            log=self.store.mail_log,
            receipts=self.receipts,
            gift_cards=self.cards,
            standings=self.standings,
            shares=self.shares,
            unit_of_work=self.store.unit_of_work,
            clock=self.clock,
        )

    def tell(self, news: News) -> Told:
        return self.mails().tell(news)

    def recipients(self) -> list[str]:
        return [each.recipient for each in self.mailer.sent]

    def notes(self) -> list[Note]:
        return self.store.store.of("mail")


@pytest.fixture
def post() -> Post:
    return Post()


def test_each_event_has_its_letter(post: Post) -> None:
    assert post.tell(CONFIRMED) is post.tell(ACTIVATED) is Told.SENT
    post.receipts.payments["demo", PAYMENT] = UNPAID
    assert post.tell(FAILED) is post.tell(TRIAL) is Told.SENT
    assert post.recipients() == [BUYER, FRIEND, BUYER, MEMBER]
    subjects = [" ".join(each.subject.split(" ")[:2]) for each in post.mailer.sent]
    assert subjects == ["Receipt for", "Somebody has", "Your payment", "Your trial"]


def test_what_comes_again_is_not_told_again(post: Post) -> None:
    assert [post.tell(CONFIRMED) for _ in range(3)] == [Told.SENT, Told.REPEATED, Told.REPEATED]
    assert post.recipients() == [BUYER]
    assert post.notes() == [Note("demo", CONFIRMED.event_id, Letter.RECEIPT, NOW, "message-1")]


def test_two_deliveries_that_meet_both_end_well(post: Post) -> None:
    """The second is sent before the first is noted: the one case, besides a death, in which a mail comes twice."""

    def another() -> None:
        post.mailer.meanwhile = lambda: None
        assert post.tell(CONFIRMED) is Told.SENT

    post.mailer.meanwhile = another
    assert post.tell(CONFIRMED) is Told.SENT
    assert [each.message_id for each in post.notes()] == ["message-1"]
    assert post.recipients() == [BUYER, BUYER]


def test_one_event_of_each_tenant_is_told(post: Post) -> None:
    post.receipts.payments["other", PAYMENT] = replace(PAID, email="other@mail.example")
    assert post.tell(CONFIRMED) is post.tell(replace(CONFIRMED, tenant="other")) is Told.SENT
    assert post.recipients() == [BUYER, "other@mail.example"]


@pytest.mark.parametrize(
    ("news", "stored"),
    [(CONFIRMED, UNPAID), (CONFIRMED, UNDECIDED), (FAILED, PAID), (FAILED, UNDECIDED)],
)
def test_what_is_not_so_is_not_told(post: Post, news: News, stored: Receipt) -> None:
    """Whoever may write to the bus cannot thank for money that never came, nor say that nothing was charged."""
    post.receipts.payments["demo", PAYMENT] = stored
    assert post.tell(news) is Told.NOTHING
    assert (post.recipients(), post.notes()) == ([], [])


@pytest.mark.parametrize(
    ("news", "stored"),
    [
        (TRIAL, replace(GOLD, phase=Phase.GOING)),
        (replace(TRIAL, letter=Letter.GRACE, invoice="in_2"), replace(GOLD, phase=Phase.GOING)),
        (replace(TRIAL, has_letter=False), GOLD),
    ],
)
def test_of_a_subscription_only_what_is_so_is_told_and_what_has_a_letter(
    post: Post, news: News, stored: Standing
) -> None:
    post.standings.subscriptions["demo", SUBSCRIPTION] = stored
    assert post.tell(news) is Told.NOTHING
    assert (post.recipients(), post.notes()) == ([], [])


@pytest.mark.parametrize("news", [CONFIRMED, FAILED, ACTIVATED, TRIAL])
def test_where_there_is_nobody_to_tell_nothing_happens(post: Post, news: News) -> None:
    post.receipts.payments.clear()
    post.standings.subscriptions.clear()
    post.cards.cards.clear()
    assert post.tell(news) is Told.NOTHING
    assert post.notes() == []


def test_an_address_that_is_refused_is_noted_and_not_tried_again(post: Post) -> None:
    post.mailer.refused.add(BUYER)
    assert [post.tell(CONFIRMED), post.tell(CONFIRMED)] == [Told.REFUSED, Told.REPEATED]
    assert post.notes() == [Note("demo", CONFIRMED.event_id, Letter.RECEIPT, NOW, refused="MessageRejected")]


def test_while_the_service_is_busy_nothing_is_noted_and_it_is_told_later(post: Post) -> None:
    post.mailer.busy = True
    with pytest.raises(MailServiceUnavailable):
        post.tell(CONFIRMED)
    assert post.notes() == []
    post.mailer.busy = False
    assert post.tell(CONFIRMED) is Told.SENT


def test_a_gift_card_waits_where_no_mails_are_sent(post: Post) -> None:
    """Somebody has paid for it: that must not end in silence."""
    post.mailer.sender = ""
    with pytest.raises(MailsDisabled):
        post.tell(ACTIVATED)
    assert post.notes() == []


def test_where_no_mails_are_sent_nothing_is_noted(post: Post) -> None:
    """So that what comes again after somebody has named a sender is told."""
    post.mailer.sender = ""
    assert post.tell(CONFIRMED) is Told.DISABLED
    assert post.notes() == []


@pytest.mark.parametrize("fails", ["before", "after"])
def test_killed_between_sending_and_noting_a_mail_comes_twice_at_most_and_never_not_at_all(
    post: Post, fails: str
) -> None:
    def dies(_: int) -> None:
        raise StoreUnavailable

    healthy: Callable[[int], None] = getattr(post.store.unit_of_work, fails)
    setattr(post.store.unit_of_work, fails, dies)
    with pytest.raises(StoreUnavailable):
        post.tell(CONFIRMED)
    setattr(post.store.unit_of_work, fails, healthy)
    told = post.tell(CONFIRMED)
    assert (told, len(post.mailer.sent)) == ((Told.SENT, 2) if fails == "before" else (Told.REPEATED, 1))
    assert post.tell(CONFIRMED) is Told.REPEATED


def test_nobody_is_told_of_what_is_older_than_what_is_remembered(post: Post) -> None:
    """Otherwise last year's events, published again, would be told again."""
    post.clock.advance(REMEMBER)
    assert post.tell(CONFIRMED) is Told.SENT
    post.clock.advance(timedelta(seconds=1))
    assert post.tell(replace(CONFIRMED, event_id=derived("evt", "new"))) is Told.LATE
    assert post.recipients() == [BUYER]

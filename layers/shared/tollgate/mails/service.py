"""Telling of each event once, as nearly as that can be done."""

from __future__ import annotations

from enum import StrEnum

from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.mails import templates
from tollgate.mails.model import REMEMBER, SUBJECT_OF, Letter, Mail, News, Note
from tollgate.mails.ports import (
    AlreadyNoted,
    GiftCardLetters,
    Mailer,
    MailLog,
    MailRefused,
    MailsDisabled,
    Receipts,
    ShareLetters,
    Standings,
)


class Told(StrEnum):
    """What became of an event."""

    SENT = "sent"
    REPEATED = "repeated"  # it was told before
    NOTHING = "nothing"  # there is nobody to tell, or nothing that is still so
    LATE = "late"  # older than what is remembered
    REFUSED = "refused"
    DISABLED = "disabled"


class Mails:
    """Sends first and notes then: who dies in between sends the mail a second time when the event comes again, and
    never not at all. No mail service can be asked to take a mail once only.
    """

    def __init__(
        self,
        *,
        mailer: Mailer,
        log: MailLog,
        receipts: Receipts,
        gift_cards: GiftCardLetters,
        standings: Standings,
        shares: ShareLetters,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._mailer = mailer
        self._log = log
        self._receipts = receipts
        self._gift_cards = gift_cards
        self._standings = standings
        self._shares = shares
        self._unit_of_work = unit_of_work
        self._clock = clock

    def tell(self, news: News) -> Told:
        """Send the letter of an event, if it has one. Raises `MailServiceUnavailable`, what a busy store raises, and
        for a gift card `MailsDisabled`: then the event must come again.
        """
        if self._clock.now() - news.occurred_at > REMEMBER:
            return Told.LATE
        mail = self._letter(news)
        if mail is None:
            return Told.NOTHING
        if self._log.knows(news.tenant, news.event_id):
            return Told.REPEATED
        try:
            message_id = self._mailer.send(mail)
        except MailRefused as refusal:
            self._note(news, refused=refusal.reason)
            return Told.REFUSED
        except MailsDisabled:
            if news.letter is Letter.GIFT_CARD:
                raise  # somebody has paid for what nobody else can send: it waits among the dead letters
            return Told.DISABLED
        self._note(news, message_id=message_id)
        return Told.SENT

    def _letter(self, news: News) -> Mail | None:
        """What the event says may have been overtaken, and a letter must be true: it is written from what is stored."""
        if not news.has_letter:
            return None
        if news.letter is Letter.GIFT_CARD:
            card = self._gift_cards.of(news.tenant, news.subject_id)
            return templates.gift_card(card) if card else None
        match SUBJECT_OF[news.letter]:
            case "subscription":
                return self._letter_of_a_subscription(news)
            case "group_share":
                return self._letter_of_a_share(news)
        return self._letter_of_a_payment(news)

    def _letter_of_a_payment(self, news: News) -> Mail | None:
        receipt = self._receipts.of(news.tenant, news.subject_id)
        if receipt is None:
            return None
        if news.letter is Letter.RECEIPT:
            return templates.receipt(receipt, news) if receipt.paid else None
        return templates.failure(receipt, news) if receipt.unpaid else None

    def _letter_of_a_subscription(self, news: News) -> Mail | None:
        """What writes these is loaded with the first of them, off the cold start."""
        standing = self._standings.of(news.tenant, news.subject_id)
        if standing is None:
            return None
        from tollgate.mails import subscription_letters

        return subscription_letters.write(standing, news, self._clock.now())

    def _letter_of_a_share(self, news: News) -> Mail | None:
        share = self._shares.of(news.tenant, news.group or "", news.subject_id)
        if share is None:
            return None
        from tollgate.mails import share_letters

        return share_letters.write(share, news)

    def _note(self, news: News, *, message_id: str | None = None, refused: str | None = None) -> None:
        note = Note(news.tenant, news.event_id, news.letter, self._clock.now(), message_id, refused)
        try:
            self._unit_of_work.commit(self._log.note(note))
        except AlreadyNoted:
            return  # another delivery of the same event was as fast

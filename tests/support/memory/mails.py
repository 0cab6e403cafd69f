"""The mails' ports in memory."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.memory.store import MemoryStore, MemoryWrite, Refusal
from tollgate.kernel.unit_of_work import Write
from tollgate.mails.model import GiftCardLetter, Mail, Note, Receipt
from tollgate.mails.ports import (
    AlreadyNoted,
    GiftCardLetters,
    Mailer,
    MailLog,
    MailRefused,
    MailsDisabled,
    MailServiceUnavailable,
    Receipts,
    ShareLetters,
    Standings,
)
from tollgate.mails.shares import ShareLetter
from tollgate.mails.standing import Standing


class MemoryMailer(Mailer):
    """A mail service with one verified sender. `refused` are addresses that it will never write to; while it is `busy`
    it takes nothing.
    """

    def __init__(self, sender: str = "mails@tollgate.example", *, verified: bool = True) -> None:
        self.sender = sender
        self.verified = verified
        self.refused: set[str] = set()
        self.busy = False
        self.sent: list[Mail] = []
        # What happens while a mail is on its way.
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, mail: Mail) -> str:
        self.meanwhile()
        if not self.sender:
            raise MailsDisabled("no sender is set")
        if self.busy or not self.verified:
            raise MailServiceUnavailable("not now")
        if mail.recipient in self.refused:
            raise MailRefused("MessageRejected")
        self.sent.append(mail)
        return f"message-{len(self.sent)}"


class MemoryMailLog(MailLog):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def knows(self, tenant: str, event_id: str) -> bool:
        return ("mail", tenant, event_id) in self._store.items

    def note(self, note: Note) -> Write:
        def refuse(noted: object) -> Refusal:
            return AlreadyNoted("a mail of this event was noted before") if noted else None

        return MemoryWrite(("mail", note.tenant, note.event_id), note, refuse)


class ScriptedGiftCards(GiftCardLetters):
    """Cards by tenant and id, as a test says."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], GiftCardLetter] = {}

    def of(self, tenant: str, gift_card_id: str) -> GiftCardLetter | None:
        return self.cards.get((tenant, gift_card_id))


class ScriptedReceipts(Receipts):
    """Payments by tenant and id, as a test says."""

    def __init__(self) -> None:
        self.payments: dict[tuple[str, str], Receipt] = {}

    def of(self, tenant: str, payment_id: str) -> Receipt | None:
        return self.payments.get((tenant, payment_id))


class ScriptedStandings(Standings):
    """Subscriptions by tenant and id, as a test says."""

    def __init__(self) -> None:
        self.subscriptions: dict[tuple[str, str], Standing] = {}

    def of(self, tenant: str, subscription_id: str) -> Standing | None:
        return self.subscriptions.get((tenant, subscription_id))


class ScriptedShares(ShareLetters):
    """Shares by tenant, group and id, as a test says."""

    def __init__(self) -> None:
        self.shares: dict[tuple[str, str, str], ShareLetter] = {}

    def of(self, tenant: str, group_id: str, share_id: str) -> ShareLetter | None:
        return self.shares.get((tenant, group_id, share_id))

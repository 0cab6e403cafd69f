"""What the mails room needs: a mail service, a memory of what was sent, and what the letters are about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.unit_of_work import Write
from tollgate.mails.model import GiftCardLetter, Mail, Note, Receipt

if TYPE_CHECKING:
    from tollgate.mails.shares import ShareLetter
    from tollgate.mails.standing import Standing


class MailRefused(TollgateError):
    """The mail service will never take this mail: the address is none, or does not want it. `reason` is the service's
    code for it; its text, which repeats the address, is not kept.
    """

    code = "MAIL_REFUSED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the mail service refused it: {reason}")
        self.reason = reason


class MailsDisabled(TollgateError):
    """This deployment sends no mails: nobody said from which address."""

    code = "MAILS_DISABLED"


class MailServiceUnavailable(RetryableError):
    """It was not surely sent, and may be later: the service is busy or cannot be reached, or does not let us send until
    somebody mends that.
    """

    code = "MAIL_SERVICE_UNAVAILABLE"


class AlreadyNoted(TollgateError):
    """A mail of this event was noted before: two deliveries of the event met, or the answer to the first note was
    lost.
    """

    code = "MAIL_ALREADY_NOTED"


class Mailer(ABC):
    """A mail service."""

    @abstractmethod
    def send(self, mail: Mail) -> str:
        """The service's id of the mail, once it has taken it. Raises `MailRefused`, `MailsDisabled`, and
        `MailServiceUnavailable` where it may have been sent or not.
        """


class MailLog(ABC):
    """Which events were told of by mail. It forgets after `REMEMBER`."""

    @abstractmethod
    def knows(self, tenant: str, event_id: str) -> bool:
        """Whether a mail of this event was noted."""

    @abstractmethod
    def note(self, note: Note) -> Write:
        """Remember it; `AlreadyNoted` if it is."""


class GiftCardLetters(ABC):
    """Gift cards as those who are given them are told of them."""

    @abstractmethod
    def of(self, tenant: str, gift_card_id: str) -> GiftCardLetter | None:
        """None where there is no such card, or nothing to be told of it any more (it was cancelled meanwhile)."""


class Receipts(ABC):
    """Payments as their buyers are told of them."""

    @abstractmethod
    def of(self, tenant: str, payment_id: str) -> Receipt | None:
        """None where there is no such payment, or nobody said where its receipt goes."""


class Standings(ABC):
    """Subscriptions as those who have them are told of them."""

    @abstractmethod
    def of(self, tenant: str, subscription_id: str) -> Standing | None:
        """None where there is no such subscription, where it has never begun, or nobody said where its mails go."""


class ShareLetters(ABC):
    """Shares of group payments as their members are told of them."""

    @abstractmethod
    def of(self, tenant: str, group_id: str, share_id: str) -> ShareLetter | None:
        """None where there is no such share."""

"""Mails through Amazon SES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tollgate.mails.model import Mail
from tollgate.mails.ports import Mailer, MailRefused, MailsDisabled, MailServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

# What SES refuses for good, by its documentation of SendEmail. All else is busy, paused or not set up, and is mended.
_FINAL = {"MessageRejected", "BadRequestException"}
# The same code also says that nobody has shown the sender's address to be ours, or that the account is in the SES
# sandbox and the recipient's is not: that is no fault of the mail, and is mended too.
_UNVERIFIED = "Email address is not verified"


class _Client(Protocol):
    def send_email(self, **request: Any) -> Mapping[str, Any]: ...


class SesMailer(Mailer):
    """From one sender, an address that SES has verified, or one of a domain that it has; "" sends nothing."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._client: _Client | None = None

    def send(self, mail: Mail) -> str:
        if not self._sender:
            raise MailsDisabled("no sender is set")
        try:
            answer = self._connected().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [mail.recipient]},
                Content={
                    "Simple": {
                        "Subject": _utf8(mail.subject),
                        "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
                    }
                },
            )
        except ClientError as error:
            raise _failure(error) from None  # its text repeats addresses
        except BotoCoreError as error:
            raise MailServiceUnavailable(f"SES does not answer: {type(error).__name__}") from None
        return str(answer["MessageId"])

    def _connected(self) -> _Client:
        """The queue gives a mail out again. A try of botocore's own would send it twice where only the answer was
        lost.
        """
        if self._client is None:
            import boto3
            from botocore.config import Config

            config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1, "mode": "standard"})
            self._client = boto3.client("sesv2", config=config)
        return self._client


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _failure(error: ClientError) -> Exception:
    code, text = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _FINAL and not text.startswith(_UNVERIFIED):
        return MailRefused(code)
    return MailServiceUnavailable(f"SES does not send it now: {code}")

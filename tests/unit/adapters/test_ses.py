"""What SES answers decides whether a mail is given up, or comes again; none of it repeats an address."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from tollgate.adapters.ses import SesMailer
from tollgate.mails.model import Mail
from tollgate.mails.ports import MailRefused, MailServiceUnavailable

SENDER, RECIPIENT = "mails@shop.example", "zoë@mail.example"
MAIL = Mail(RECIPIENT, "Subject", "code ABCD-EFGH-JKLM", "<p>code ABCD-EFGH-JKLM</p>")
URL = "https://email.us-east-1.amazonaws.com"


def _client_of(mailer: SesMailer) -> Any:
    return mailer._connected()


class Ses:
    """A mailer whose client answers from a list."""

    def __init__(self) -> None:
        self.mailer = SesMailer(SENDER)
        self.client = _client_of(self.mailer)
        self.stub = Stubber(self.client)

    def send(self) -> str:
        with self.stub:
            return self.mailer.send(MAIL)


@pytest.fixture
def ses() -> Ses:
    return Ses()


def test_a_mail_has_one_recipient_and_both_forms_in_utf_8(ses: Ses) -> None:
    expected = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": [RECIPIENT]},
        "Content": {
            "Simple": {
                "Subject": {"Data": MAIL.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": MAIL.text, "Charset": "UTF-8"},
                    "Html": {"Data": MAIL.html, "Charset": "UTF-8"},
                },
            }
        },
    }
    ses.stub.add_response("send_email", {"MessageId": "0100-1"}, expected)
    assert ses.send() == "0100-1"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MessageRejected", "Address is on the suppression list for your account"),
        ("MessageRejected", f"Illegal address {RECIPIENT}"),
        ("BadRequestException", "Local address contains control or whitespace"),
    ],
)
def test_what_is_refused_for_good_is_given_up_with_its_code_only(ses: Ses, code: str, text: str) -> None:
    ses.stub.add_client_error("send_email", code, text, 400)
    with pytest.raises(MailRefused) as refused:
        ses.send()
    assert refused.value.reason == code
    assert_says_nothing(refused.value)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("ThrottlingException", 400),
        ("LimitExceededException", 400),
        ("SendingPausedException", 400),
        ("AccountSuspendedException", 400),
        ("MailFromDomainNotVerifiedException", 400),
        ("NotFoundException", 404),
        ("AccessDeniedException", 403),
        ("InternalFailure", 500),
        ("SomethingNew", 418),
    ],
)
def test_what_passes_or_is_mended_comes_again(ses: Ses, code: str, status: int) -> None:
    ses.stub.add_client_error("send_email", code, f"for {RECIPIENT}", status)
    with pytest.raises(MailServiceUnavailable, match=code) as refused:
        ses.send()
    assert_says_nothing(refused.value)


def test_an_identity_that_is_not_verified_is_no_fault_of_the_mail(ses: Ses) -> None:
    text = f"Email address is not verified. The following identities failed the check in region US-EAST-1: {SENDER}"
    ses.stub.add_client_error("send_email", "MessageRejected", text, 400)
    with pytest.raises(MailServiceUnavailable) as refused:
        ses.send()
    assert_says_nothing(refused.value)


@pytest.mark.parametrize("error", [ConnectTimeoutError(endpoint_url=URL), ReadTimeoutError(endpoint_url=URL)])
def test_a_lost_connection_comes_again(ses: Ses, error: Exception) -> None:
    def broken(**_: Any) -> None:
        raise error

    ses.client.meta.events.register("before-send.sesv2", broken)
    with pytest.raises(MailServiceUnavailable):
        ses.mailer.send(MAIL)


def test_nothing_waits_for_ever_and_a_lost_answer_is_not_sent_again_unseen(ses: Ses) -> None:
    config = ses.client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 5)
    assert config.retries["total_max_attempts"] == 1


def test_a_mail_has_no_text_that_a_log_could_show() -> None:
    assert repr(MAIL) == "Mail()"


def assert_says_nothing(error: BaseException) -> None:
    told = "".join([str(error), repr(error), str(error.__cause__)])
    assert error.__suppress_context__
    assert not any(each in told for each in ("@", "ABCD", "mail.example"))

"""A mail service takes a mail as it is, says no for good or for now, and never sends without a sender."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
import httpx
import pytest

from tests.support.engine import Engine
from tests.support.memory.mails import MemoryMailer
from tests.support.stores import REGION
from tollgate.adapters.ses import SesMailer
from tollgate.mails.model import Mail
from tollgate.mails.ports import Mailer, MailsDisabled, MailServiceUnavailable

SENDER = "mails@verified.example"
MAIL = Mail("zoë@mail.example", "Receipt «1» — ü🎟", "Hello,\n\n  5 < 6 & é\n", "<p>5 &lt; 6 &amp; é</p>\n")
# Sender, recipients, subject, text and HTML.
type Seen = tuple[str, list[str], str, str, str]


@dataclass(frozen=True)
class Service:
    """A mail service, seen from both sides."""

    mailer: Callable[[str], Mailer]
    sent: Callable[[], list[Seen]]


@pytest.fixture(params=["memory", "ministack"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """One that has verified the sender."""
    if request.param == "memory":
        yield _in_memory()
        return
    engine: Engine = request.getfixturevalue("engine")
    with patch.dict("os.environ", {"AWS_ENDPOINT_URL": engine.url}):
        _verify(engine.url)
        before = len(_sent_by(engine.url))
        yield Service(SesMailer, lambda: _sent_by(engine.url)[before:])


def _in_memory() -> Service:
    mailers: list[MemoryMailer] = []

    def made(sender: str) -> MemoryMailer:
        mailers.append(MemoryMailer(sender, verified=sender == SENDER))
        return mailers[-1]

    def sent() -> list[Seen]:
        return [(by.sender, [m.recipient], m.subject, m.text, m.html) for by in mailers for m in by.sent]

    return Service(made, sent)


def _verify(url: str) -> None:
    make: Any = boto3.client
    make("sesv2", endpoint_url=url, region_name=REGION).create_email_identity(EmailIdentity=SENDER)


def _sent_by(url: str) -> list[Seen]:
    told = httpx.get(f"{url}/_ministack/ses/messages", trust_env=False).json()["messages"]
    return [(m["Source"], m["To"], m["Subject"], m["BodyText"], m["BodyHtml"]) for each in told.values() for m in each]


def test_a_mail_arrives_as_it_was_written(service: Service) -> None:
    assert service.mailer(SENDER).send(MAIL)
    assert service.sent() == [(SENDER, [MAIL.recipient], MAIL.subject, MAIL.text, MAIL.html)]


def test_each_mail_has_an_id_of_its_own(service: Service) -> None:
    mailer = service.mailer(SENDER)
    assert len({mailer.send(MAIL) for _ in range(3)}) == len(service.sent()) == 3


def test_a_sender_that_nobody_has_verified_is_mended_and_the_mail_not_given_up(service: Service) -> None:
    with pytest.raises(MailServiceUnavailable) as refused:
        service.mailer("mails@stranger.example").send(MAIL)
    assert "@" not in str(refused.value)
    assert service.sent() == []


def test_without_a_sender_nothing_is_sent(service: Service) -> None:
    with pytest.raises(MailsDisabled):
        service.mailer("").send(MAIL)
    assert service.sent() == []

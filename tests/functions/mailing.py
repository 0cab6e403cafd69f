"""The mailer as its queue calls it, and what the mail service has sent since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.functions.test_stats import messages
from tests.support.deployment import MAIL_SENDER, Deployment
from tests.support.requests import a_mock_event, context
from tollgate.mails.model import LETTER_OF

BUYER = "zoe.buyer@mail.example"


@dataclass
class Post:
    """A deployment whose sender SES has verified. The engine keeps what every deployment sent: ours come after."""

    deployed: Deployment
    before: int

    def sent(self) -> list[dict[str, Any]]:
        """The mails, in the order in which they were sent."""
        return _everything_sent(self.deployed)[self.before :]

    def deliver(self, records: Sequence[dict[str, Any]] | None = None, function: Any = None) -> list[str]:
        """All that the rule lets through, or these; the messages that are to come again."""
        batch = messages(*self.published()) if records is None else records
        answer = (function or self.deployed.function("mailer")).handler({"Records": batch}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def published(self) -> list[dict[str, Any]]:
        envelopes = [json.loads(item["body"]["S"]) for item in self.deployed.stored("event")]
        return [each for each in envelopes if each["type"] in LETTER_OF]

    def ended(self, how: str = "captured", **fields: Any) -> dict[str, Any]:
        """A checkout whose buyer gave an address, and how it ended."""
        checkout: dict[str, Any] = self.deployed.checkout(**({"customerEmail": BUYER} | fields)).body
        self.deployed.tell(a_mock_event(checkout, how))
        self.deployed.apply_inbox()
        return checkout

    def notes(self) -> list[dict[str, str]]:
        """What is stored of mails, without where."""
        names = ("letter", "refused")
        return [{name: each[name]["S"] for name in names if name in each} for each in self.deployed.stored("mail")]


def verified(deployed: Deployment) -> Post:
    deployed.client("sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)
    return Post(deployed, len(_everything_sent(deployed)))


@contextmanager
def unverified(deployed: Deployment) -> Iterator[None]:
    """SES does not know the sender for as long as it lasts."""
    deployed.client("sesv2").delete_email_identity(EmailIdentity=MAIL_SENDER)
    try:
        yield
    finally:
        deployed.client("sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)


def _everything_sent(deployed: Deployment) -> list[dict[str, Any]]:
    told = httpx.get(f"{deployed.engine.url}/_ministack/ses/messages", trust_env=False).json()["messages"]
    return [each for account in told.values() for each in account]

"""What a subscriber hears by mail: each fact once, from the events that come of what Stripe tells, and nothing that is
over.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.functions.mailing import BUYER, Post, verified
from tests.functions.subscribing import API, DAY, Club, a_club
from tests.functions.test_stats import messages
from tests.simulators.world import World
from tests.support.calls import counted_calls
from tests.support.engine import Engine
from tollgate.kernel.clock import from_iso
from tollgate.mails.layout import day
from tollgate.runtime.composition.mailer import CHARGED_AGAIN
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.model import Renewer
from tollgate.subscriptions.ports import SubscriptionKey

SOUND, EMPTY = "4242424242424242", "4000000000000341"


@dataclass
class Member:
    """Who subscribes, and reads mails."""

    club: Club
    post: Post
    _read: int = field(default=0)

    def join(self, plan: str) -> str:
        return str(self.club.subscribe(plan, SOUND, customerEmail=BUYER)["id"])

    def turn_to(self, card: str, id_: str) -> None:
        self.club.stripe.control(f"subscriptions/{self.club.at_stripe(id_).id}/card", card=card)

    def mails(self) -> list[dict[str, Any]]:
        """Those that came since the last look, with all that is told until now, twice."""
        assert self.post.deliver() == self.post.deliver() == []
        new, self._read = self.post.sent()[self._read :], len(self.post.sent())
        assert all(each["To"] == [BUYER] for each in new)
        return new

    def subjects(self) -> list[str]:
        return [each["Subject"] for each in self.mails()]

    def dun(self, id_: str, days: float) -> None:
        """A while later, whatever of dunning is due then."""
        self.club.pass_time(days * DAY)
        desk = self.club.deployed.function(API).api.desk
        dunning = Dunning(desk._subscriptions, desk._recorder, desk._collection, desk._clock)
        key = SubscriptionKey("demo", id_)
        invoice = next(each["data"]["invoice"] for each in self.post.published() if "due" in each["data"])
        dunning.step(key, invoice)
        self.club.hear()


def on(instant: str, days: int = 0) -> str:
    """The day as mails write it, or so many days later."""
    return day(from_iso(instant) + timedelta(days=days))


@pytest.fixture
def member(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Member]:
    with a_club(engine, stripe, tmp_path) as club:
        yield Member(club, verified(club.deployed))


def test_a_trial_is_announced_without_a_receipt_and_each_period_has_one(member: Member) -> None:
    id_ = member.join("silver_month")
    (trial,) = member.mails()
    ends = on(member.club.show(id_)["trialEnd"])
    assert trial["Subject"] == "Your trial of Silver, monthly has begun"
    assert f"19.99 USD is charged on {ends}, and then every month." in trial["BodyText"]
    member.club.pass_time(14 * DAY + 2 * 3_600)
    assert member.subjects() == ["Receipt for your payment of 19.99 USD"]
    member.club.renew(id_)
    assert member.subjects() == ["Receipt for your payment of 19.99 USD"]
    until = on(member.club.show(id_)["currentPeriodEnd"])
    member.club.ask("POST", f"/subscriptions/{id_}/cancel")
    assert member.subjects() == [f"Your subscription to Silver, monthly ends on {until}"]


def test_who_does_not_pay_is_told_of_every_step_until_it_is_over(
    member: Member, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    id_ = member.join("gold_month")
    assert member.subjects() == ["Receipt for your payment of 39.99 USD"]
    member.turn_to(EMPTY, id_)
    log = io.StringIO()
    for handler in logging.getLogger("test").handlers:
        monkeypatch.setattr(handler, "stream", log)
    member.club.renew(id_)
    (grace,) = member.mails()
    assert grace["Subject"] == "Your payment for Gold, monthly did not go through"
    assert "Amount owed: 39.99 USD\n" in grace["BodyText"]
    (until,) = [each["data"]["grace_until"] for each in member.post.published() if "grace_until" in each["data"]]
    assert f"We will try again on {on(until, days=-6)}." in grace["BodyText"]
    assert f"Until {on(until)} you keep your access." in grace["BodyText"]
    told = []
    for days in (1.01, 1, 1, 3, 1):
        member.dun(id_, days)
        told.append(member.subjects())
    failed, missing = (
        f"Your payment for Gold, monthly {how}" for how in ("did not go through again", "is still missing")
    )
    assert told == [[failed], [missing], [failed], [missing], []]  # the last try is made as access ends
    member.dun(id_, 0)
    assert member.subjects() == ["Your subscription to Gold, monthly has ended"]
    assert "payments.transaction.failed" in [each["type"] for each in member.post.published()]
    shown = json.dumps([each["body"] for each in member.club.deployed.stored("event")]) + log.getvalue()
    assert '"letter":"subscription_given_up"' in log.getvalue()
    assert BUYER not in shown + "".join(capsys.readouterr()) + json.dumps(member.club.show(id_))
    assert BUYER not in json.dumps(member.club.deployed.stored("mail"))


def test_who_pays_after_all_is_thanked_and_not_told_of_what_is_over(member: Member) -> None:
    id_ = member.join("gold_month")
    assert member.subjects() == ["Receipt for your payment of 39.99 USD"]
    member.turn_to(EMPTY, id_)
    member.club.renew(id_)
    member.turn_to(SOUND, id_)
    member.dun(id_, 1.01)
    assert "grace_started" in member.club.said(id_)
    until = on(member.club.show(id_)["currentPeriodEnd"])
    receipt, thanks = sorted(member.mails(), key=lambda mail: str(mail["Subject"]))
    assert receipt["Subject"] == "Receipt for your payment of 39.99 USD"
    assert thanks["Subject"] == "Thank you: your payment for Gold, monthly has arrived"
    assert f"Paid until: {until}\n" in thanks["BodyText"]


def test_a_mail_about_a_subscription_costs_what_others_do(member: Member) -> None:
    member.join("silver_month")
    begun = [each for each in member.post.published() if each["type"] == "payments.subscription.activated"]
    with counted_calls() as calls:
        assert member.post.deliver(messages(*begun)) == []
    ses = "rest.POST /v2/email/outbound-emails"
    assert calls.made == ["dynamodb.GetItem", "dynamodb.GetItem", ses, "dynamodb.PutItem"]


def test_a_try_is_promised_where_dunning_makes_one(member: Member) -> None:
    """The mailer does not load the providers that it would have to ask."""
    desk = member.club.deployed.function(API).api.desk
    of = desk._subscriptions.get(SubscriptionKey("demo", member.join("gold_month")))
    for provider in ("stripe", "segpay", "square", "paypal", "mock"):
        for renewer in Renewer:
            asked = of.__replace__(provider=provider, renewed_by=renewer)
            assert desk._collection.can_retry(asked) is (renewer is Renewer.PLATFORM or provider in CHARGED_AGAIN)

"""Gift cards of the shop: bought for a friend, mailed, spent by their code, and paid with beside Stripe."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.shop import Shop
from tests.functions.giving import DEMO, Cards, no_cards_code
from tests.functions.mailing import Post, verified
from tests.functions.test_stats import messages
from tests.support.requests import ORIGIN
from tollgate.adapters.dynamodb.gift_cards import DynamoGiftCards
from tollgate.gift_cards.events import ACTIVATED
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings

AMOUNT, PART, CREDIT = 10_000, 2_500, 1_500
_CODE = re.compile(r"\b(?:[A-Z2-9]{4}-){2,3}[A-Z2-9]{4}\b")
# As long as people make them.
_GREETING = {
    "recipientEmail": "grandmother.lastname@mail.example",
    "customerEmail": "firstname.lastname@mail.example",
    "senderName": "Firstname and Otherfirstname Lastname",
    "giftMessage": "Happy birthday, dear grandmother! We hope that you find something nice with this, and that we "
    "see each other again very soon. With much love from the four of us, and from the dog.",
    "successUrl": f"{ORIGIN}/checkout/thanks?session_id={{CHECKOUT_SESSION_ID}}&order=order-2026-0001234",
    "cancelUrl": f"{ORIGIN}/checkout/cart?order=order-2026-0001234",
}

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


@dataclass
class Givers:
    """Those who give cards, and their friends."""

    shop: Shop
    cards: Cards
    post: Post
    friend: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def who(self) -> dict[str, str]:
        return self.shop.deployed.as_user(self.friend)

    def buy(self) -> dict[str, Any]:
        answer = self.cards.buy(amount=AMOUNT, method="card", who=self.shop.deployed.as_user("giver"), **_GREETING)
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def paid(self, checkout: dict[str, Any]) -> dict[str, Any]:
        """What the inbox's stream has of it."""
        completed, _ = self.shop.pay(checkout)
        self.shop.accept(self.shop.webhook_event(completed))
        return self.shop.deployed.stream("INBOX_TABLE")[-1]

    def mail(self, published: dict[str, Any]) -> None:
        assert self.post.deliver(messages(published)) == []

    def activated(self, card: str) -> dict[str, Any]:
        """The event of which the mailer tells, out of the card's own: looking through everything takes so long, where
        there is much, that the functions forget what they keep for a minute.
        """
        cards = DynamoGiftCards(open_storage(Settings.from_environment(os.environ)).core)
        happened = cards.history(DEMO, card, limit=10, cursor=None).events
        return next(dict(each) for each in happened if each["type"] == ACTIVATED)

    def mailed(self) -> str:
        """The code in the last mail."""
        found = _CODE.search(self.post.sent()[-1]["BodyText"])
        assert found
        return found.group()

    def show(self, code: str) -> None:
        """To somebody who says nothing of themselves."""
        assert self.cards.see(code).status == 200

    def guess(self) -> None:
        """A code that nobody has, by somebody who is signed in."""
        assert self.cards.see(no_cards_code(), who=self.who).status == 404

    def use(self, code: str) -> None:
        answer = self.cards.use(code, PART, who=self.who, reference="order-2026-0001234")
        assert answer.status == 200, answer.body

    def redeem(self, code: str) -> None:
        answer = self.cards.redeem(code, who=self.who)
        assert answer.status == 200, answer.body

    def pay_in_parts(self, code: str) -> dict[str, Any]:
        """With the card, credit, and Stripe."""
        tenders = [{"type": "gift_card", "code": code}, {"type": "credit", "amount": CREDIT}]
        made = self.shop.checkout(self.shop.checkout_event(user=self.friend, tenders=tenders))
        assert [each["status"] for each in made["tenders"]] == ["held", "held"]
        assert made["due"] > 0
        return made


def give(shop: Shop, step: Step) -> None:
    """All of it once, and then once more, told apart by `step`: by then the instances have read what they read once."""
    givers = Givers(shop, Cards(shop.deployed), verified(shop.deployed))
    _live(givers, lambda _, act: act())
    _live(givers, step)


def _live(givers: Givers, step: Step) -> None:
    shop = givers.shop
    bought = step("gift_card_purchase", givers.buy)
    record = givers.paid(bought)
    step("gift_card_purchase_apply", lambda: shop.apply(record))
    event = givers.activated(bought["giftCardId"])
    step("mail_send", lambda: givers.mail(event))
    code = givers.mailed()
    step("gift_card_show", lambda: givers.show(code))
    step("gift_card_guess", givers.guess)
    step("gift_card_use", lambda: givers.use(code))
    step("gift_card_redeem", lambda: givers.redeem(code))
    tender = givers.cards.given(PART).code
    checkout = step("checkout_with_tenders", lambda: givers.pay_in_parts(tender))
    paid = givers.paid(checkout)
    step("checkout_with_tenders_apply", lambda: shop.apply(paid))
    step("refund_onto_tenders", lambda: shop.refund(checkout["id"]))

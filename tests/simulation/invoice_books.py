"""Invoices in a provider's books: what is charged for subscriptions, with which card, and what becomes of one that is
not paid.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from local.simulators.stripe.currencies import smallest_charge
from tests.simulation.plan_shapes import a_line, an_invoice, item_of
from tests.simulation.provider_books import Fields
from tests.simulation.stripe_books import StripeBooks
from tollgate.adapters.providers.stripe.transformers import PAYMENT, SUBSCRIPTION, TENANT
from tollgate.kernel.ids import derived


@dataclass
class Card:
    """Declines so often for this reason; then it pays."""

    declines: int = 0
    code: str = "insufficient_funds"


@dataclass
class Bill:
    """What nobody is shown of an invoice: its intent, when it is charged, when it was paid, how often a bank was asked,
    and under which keys of ours; of how many such requests a failure was kept.
    """

    intent: str | None = None
    charged_at: int | None = None
    paid_at: int | None = None
    tries: int = 0
    keys: set[str] = field(default_factory=set)
    broken: int = 0


@dataclass
class InvoiceBooks(StripeBooks):
    """A subscription's `debit` is what was charged last, and its `balance` what its customer has in store where that is
    less than nothing.
    """

    subscriptions: dict[str, Fields] = field(default_factory=dict)
    invoices: dict[str, Fields] = field(default_factory=dict)
    bills: dict[str, Bill] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    debits: dict[str, Fields] = field(default_factory=dict)
    _then: int | None = None

    @property
    def second(self) -> int:
        """What happens while time passes happens in its own second."""
        return super().second if self._then is None else self._then

    def invoices_of(self, subscription: Fields) -> list[Fields]:
        """The oldest first."""
        return [each for each in self.invoices.values() if self.subscription_of(each) is subscription]

    def subscription_of(self, invoice: Fields) -> Fields:
        return self.subscriptions[invoice["parent"]["subscription_details"]["subscription"]]

    def shown(self, id_: str) -> Fields:
        """With what was to pay it, which no event has."""
        invoice, intent = self.invoices[id_], self.bills[id_].intent
        row = {"status": "paid" if invoice["status"] == "paid" else "open"}
        rows = [{**row, "payment": {"payment_intent": self.intents[intent]}}] if intent else []
        return copy.deepcopy({**invoice, "payments": {"data": rows}})

    def _bill(self, subscription: Fields, reason: str, lines: list[Fields]) -> Fields:
        invoice = an_invoice(self.new_id("in"), subscription, reason, lines, self.second)
        self.invoices[invoice["id"]], self.bills[invoice["id"]] = invoice, Bill()
        subscription["latest_invoice"] = invoice["id"]
        charged = [each for each in lines if each["amount"] >= 0]
        if charged:
            self.debits[subscription["id"]] = {"amount": charged[-1]["amount"], **charged[-1]["period"]}
        return invoice

    def _finalize(self, subscription: Fields, invoice: Fields, *, asked: bool = False) -> None:
        """Charged, unless its bank was `asked` before."""
        due, bill = self.due(subscription, invoice["total"]), self.bills[invoice["id"]]
        self.balances[subscription["id"]] = self.balances.get(subscription["id"], 0) + invoice["total"] - due
        invoice.update(status="open", amount_due=due)
        bill.charged_at = None
        if due:
            bill.intent = self._new_intent_of(subscription, invoice)
        if not due or asked or invoice["billing_reason"] == "subscription_create":
            self._settle(subscription, invoice)
        else:
            self.collect(subscription, invoice)

    def due(self, subscription: Fields, total: int) -> int:
        owed: int = total + self.balances.get(subscription["id"], 0)
        return owed if owed >= smallest_charge(item_of(subscription)["price"]["currency"]) else 0

    def _new_intent_of(self, subscription: Fields, invoice: Fields) -> str:
        """Its marks are for those who check: Stripe gives it none."""
        marks, first = subscription["metadata"], invoice["billing_reason"] == "subscription_create"
        payment = marks[PAYMENT] if first else derived("pay", marks[TENANT], marks[SUBSCRIPTION], invoice["id"])
        id_ = self.new_id("pi")
        whose = {"currency": invoice["currency"], "metadata": {TENANT: marks[TENANT], PAYMENT: payment}}
        self.intents[id_] = self.new_intent(id_, whose, invoice=invoice["id"], last_payment_error=None)
        return id_

    def collect(self, subscription: Fields, invoice: Fields) -> Fields | None:
        """Whether it was declined, and why."""
        declined, bill = self._asked(subscription), self.bills[invoice["id"]]
        bill.tries += 1
        invoice["attempted"] = True
        if not declined:
            self._settle(subscription, invoice)
            return None
        self.intents[str(bill.intent)]["last_payment_error"] = declined
        self.tell("invoice.payment_failed", invoice)
        self._follow(subscription)
        return declined

    def _asked(self, subscription: Fields) -> Fields | None:
        card = self.cards[subscription["default_payment_method"]]
        if not card.declines:
            return None
        card.declines -= 1
        return {"code": "card_declined", "decline_code": card.code, "charge": self.new_id("ch")}

    def _settle(self, subscription: Fields, invoice: Fields) -> None:
        due, bill = invoice["amount_due"], self.bills[invoice["id"]]
        invoice.update(status="paid", amount_paid=due, attempted=True)
        bill.paid_at = self.second
        if bill.intent:
            taken = {"status": "succeeded", "amount_received": due, "taken_at": self.second}
            self.intents[bill.intent].update(taken, last_payment_error=None)
        self.tell("invoice.paid", invoice)
        self._follow(subscription)

    def _follow(self, subscription: Fields) -> None:
        """Its status is that of its last invoice."""
        if subscription["status"] in ("trialing", "canceled"):
            return
        counts = [each for each in self.invoices_of(subscription) if each["status"] not in ("draft", "void")]
        before = copy.deepcopy(subscription)
        subscription["status"] = "past_due" if counts[-1]["status"] == "open" else "active"
        self.report(subscription, before)

    def report(self, subscription: Fields, before: Fields) -> None:
        if subscription != before:
            self.tell("customer.subscription.updated", subscription)

    def whole(self, subscription: Fields, amount: int) -> Fields:
        item = item_of(subscription)
        return a_line(amount, item["current_period_start"], item["current_period_end"])

"""Plans in a provider's books: pages that sell them, what a merchant asks of them, and what happens by itself as time
passes. As `local/simulators/stripe` has it, in the little that rooms see of it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulators.stripe.periods import following
from tests.simulation.invoice_books import Card, InvoiceBooks
from tests.simulation.plan_shapes import a_line, a_price, a_subscription, item_of
from tests.simulation.provider_books import Fields, Refused

# How long the draft of a renewal lies before it is charged, in seconds.
DRAFT = 3_600
_DAY = 86_400


@dataclass
class PlanBooks(InvoiceBooks):
    """`prices` are those that a merchant has made here, by id."""

    setups: dict[str, Fields] = field(default_factory=dict)
    prices: dict[str, Fields] = field(default_factory=dict)

    # --- pages ---

    def make_session(self, sent: Mapping[str, Any]) -> Fields:
        if sent["mode"] == "payment":
            return super().make_session(sent)
        if sent["mode"] == "setup":
            return self.new_session(sent, None, sent["currency"], customer=sent["customer"])
        (line,) = sent["line_items"]
        price = self.prices[line["price"]] if "price" in line else a_price(line["price_data"])
        days = sent["subscription_data"].get("trial_period_days", 0)
        sells = {"price": price, "marks": sent["subscription_data"]["metadata"], "days": days}
        due = 0 if days else price["unit_amount"]
        return self.new_session(sent, due, price["currency"], sells=sells, invoice=None)

    def pay(self, session: Fields, course: str) -> None:
        """Plans are paid by card, or not at all."""
        if session["mode"] == "payment":
            super().pay(session, course)
        elif session["status"] == "open" and course != "declined":
            session.update(status="complete", url=None, payment_status="paid")
            self._keep_card(session) if session["mode"] == "setup" else self._begin(session)

    def expanded(self, session: Fields) -> Fields:
        paid_by = self.shown(session["invoice"]) if session.get("invoice") else None
        return {**super().expanded(session), "invoice": paid_by}

    def _keep_card(self, session: Fields) -> None:
        session["payment_status"] = "no_payment_required"
        id_ = session["setup_intent"] = self.new_id("seti")
        setup = {"id": id_, "customer": session["customer"], "status": "succeeded", "metadata": session["metadata"]}
        self.setups[id_] = {**setup, "payment_method": self.new_card()}
        self.tell("setup_intent.succeeded", self.setups[id_])

    def new_card(self) -> str:
        """One that pays."""
        id_ = self.new_id("pm")
        self.cards[id_] = Card()
        return id_

    def _begin(self, session: Fields) -> None:
        now, sells = self.second, session["sells"]
        price, days = sells["price"], sells["days"]
        trial_end = now + days * _DAY if days else None
        subscription = a_subscription(
            self.new_id("sub"),
            price,
            sells["marks"],
            now,
            end=trial_end or following(now, price["recurring"], now),
            status="trialing" if days else "active",
            trial_end=trial_end,
            customer=self.new_id("cus"),
            default_payment_method=self.new_card(),
            billing_cycle_anchor=trial_end or now,
        )
        self.subscriptions[subscription["id"]] = subscription
        amount = session["amount_total"]
        invoice = self._bill(subscription, "subscription_create", [self.whole(subscription, amount)])
        self.tell("customer.subscription.created", subscription)
        session.update(subscription=subscription["id"], invoice=invoice["id"])
        self._finalize(subscription, invoice)
        self.tell("checkout.session.completed", session)

    # --- what a merchant asks for ---

    def living(self, id_: str) -> Fields:
        """Raises `Refused` for one that has ended."""
        subscription = self.subscriptions[id_]
        if subscription["status"] == "canceled":
            raise Refused("resource_missing")
        return subscription

    def update(self, id_: str, sent: Mapping[str, Any]) -> Fields:
        """What is said of it holds from now on. Raises `Refused`."""
        subscription = self.living(id_)
        before = copy.deepcopy(subscription)
        if "cancel_at_period_end" in sent:
            ends = sent["cancel_at_period_end"]
            subscription["cancel_at_period_end"] = ends
            subscription["cancel_at"] = item_of(subscription)["current_period_end"] if ends else None
            subscription["cancellation_details"]["reason"] = "cancellation_requested" if ends else None
        if "pause_collection" in sent:
            subscription["pause_collection"] = sent["pause_collection"] or None
        if "default_payment_method" in sent:
            subscription["default_payment_method"] = sent["default_payment_method"]
        self.report(subscription, before)
        return copy.deepcopy(subscription)

    def change(self, id_: str, sent: Mapping[str, Any]) -> Fields:
        """Another price. What that costs is charged at once; `{"declined": …}` where it cannot be, and nothing has
        changed.
        """
        subscription = self.living(id_)
        before, wanted = copy.deepcopy(subscription), a_price(sent["items"][0]["price_data"])
        changed, lines = self.after_change(subscription, wanted, sent["proration_date"])
        due = self.due(changed, sum(each["amount"] for each in lines))
        if due and (declined := self._asked(changed)):
            return {"declined": declined}
        subscription.update(changed)
        subscription["metadata"] |= sent["metadata"]
        invoice = self._bill(subscription, "subscription_update", lines) if lines else None
        self.report(subscription, before)
        if invoice:
            self._finalize(subscription, invoice, asked=True)
        return copy.deepcopy(subscription)

    def after_change(self, subscription: Fields, wanted: Fields, moment: int) -> tuple[Fields, list[Fields]]:
        """How it would be, and what would be charged for that now. Raises `Refused`."""
        changed = copy.deepcopy(subscription)
        item = item_of(changed)
        start, end, price = item["current_period_start"], item["current_period_end"], item["price"]
        if not start <= moment <= end:
            raise Refused("parameter_invalid")
        item["price"] = wanted
        if changed["status"] == "trialing" or price == wanted:
            return changed, []
        lines = self._given_back(changed, moment)
        if price["recurring"] == wanted["recurring"]:
            left = _share(wanted["unit_amount"], end - moment, end - start)
            return changed, [*lines, a_line(left, moment, end, part=True)]
        now = self.second
        item.update(current_period_start=now, current_period_end=following(now, wanted["recurring"], now))
        changed["billing_cycle_anchor"] = now
        if changed["cancel_at"]:
            changed["cancel_at"] = item["current_period_end"]
        return changed, [*lines, self.whole(changed, wanted["unit_amount"])]

    def pay_invoice(self, id_: str, key: str) -> Fields:
        """With the card of the moment; `{"declined": …}` where that does not pay. Raises `Refused` for what is not
        open.
        """
        invoice = self.invoices[id_]
        if invoice["status"] != "open":
            raise Refused("")
        self.bills[id_].keys.add(key)
        declined = self.collect(self.subscription_of(invoice), invoice)
        return {"declined": declined} if declined else self.shown(id_)

    def end(self, id_: str, reason: str = "cancellation_requested") -> Fields:
        """At once. A draft is charged no more, and what is open may still be paid. Raises `Refused`."""
        subscription = self.living(id_)
        why = subscription["cancellation_details"]["reason"] or reason
        subscription.update(status="canceled", ended_at=self.second, pause_collection=None)
        subscription["cancellation_details"]["reason"] = why
        for invoice in self.invoices_of(subscription):
            self.bills[invoice["id"]].charged_at = None
        self.tell("customer.subscription.deleted", subscription)
        return copy.deepcopy(subscription)

    # --- time ---

    def pass_time(self) -> None:
        super().pass_time()
        until = self.second
        while (due := min(self.moments(), default=None)) is not None and due[0] <= until:
            self._then = due[0]
            self._go_on(self.subscriptions[due[1]])
        self._then = None

    def moments(self) -> Iterator[tuple[int, str]]:
        """When something happens next to each, by itself."""
        for id_, each in self.subscriptions.items():
            if each["status"] != "canceled":
                drafts = [self.bills[invoice["id"]].charged_at for invoice in self.invoices_of(each)]
                own = [each["cancel_at"], item_of(each)["current_period_end"]]
                yield min(at for at in (*drafts, *own) if at is not None), id_

    def _go_on(self, subscription: Fields) -> None:
        drafts = [each for each in self.invoices_of(subscription) if self._is_due(each)]
        if drafts:
            self._finalize(subscription, drafts[0])
        elif subscription["cancel_at"] is not None and subscription["cancel_at"] <= self.second:
            self.end(subscription["id"])
        else:
            self._renew(subscription)

    def _is_due(self, invoice: Fields) -> bool:
        at = self.bills[invoice["id"]].charged_at
        return at is not None and at <= self.second

    def _renew(self, subscription: Fields) -> None:
        before, item = copy.deepcopy(subscription), item_of(subscription)
        start = item["current_period_end"]
        end = following(subscription["billing_cycle_anchor"], item["price"]["recurring"], start)
        item.update(current_period_start=start, current_period_end=end)
        subscription["status"] = "active" if subscription["status"] == "trialing" else subscription["status"]
        whole = self.whole(subscription, item["price"]["unit_amount"])
        invoice = self._bill(subscription, "subscription_cycle", [whole])
        if subscription["pause_collection"]:
            invoice["status"] = "void"
        else:
            self.bills[invoice["id"]].charged_at = self.second + DRAFT
        self.report(subscription, before)

    def _given_back(self, subscription: Fields, moment: int) -> list[Fields]:
        debit = self.debits.get(subscription["id"])
        if debit is None or not debit["amount"] or moment >= debit["end"]:
            return []
        start, end = max(moment, debit["start"]), debit["end"]
        return [a_line(-_share(debit["amount"], end - start, end - debit["start"]), start, end, part=True)]


def _share(amount: int, part: int, whole: int) -> int:
    return (2 * amount * part + whole) // (2 * whole)

"""What a provider itself holds: a few of Stripe's objects in their published shapes, and its money. It knows nothing of
us but what we sent. Direct charges are in `charge_books`, plans in `plan_books`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.simulators.stripe.balance_transactions import fee_of
from local.simulators.stripe.payout_course import schedule
from tests.simulation.provider_books import Fields, ProviderBooks, Refused

SESSION_LIFE, SETTLES_AFTER_DAYS = 24 * 3600, 2
_DAY = 86_400
_DISPUTE_FEE = 1_500


@dataclass
class StripeBooks(ProviderBooks):
    """Everything by id, of Stripe or of another that has the same words. Amounts are minor units, times are epoch
    seconds.
    """

    sessions: dict[str, Fields] = field(default_factory=dict)
    intents: dict[str, Fields] = field(default_factory=dict)
    refunds: dict[str, Fields] = field(default_factory=dict)
    disputes: dict[str, Fields] = field(default_factory=dict)
    transfers: dict[str, Fields] = field(default_factory=dict)
    payouts: dict[str, Fields] = field(default_factory=dict)
    # What saved methods have come to, which were good when they were saved: by customer and method.
    turned: dict[str, str] = field(default_factory=dict)
    # When what was only set aside was taken for us, by intent; and whether money can be set aside here at all.
    captured: dict[str, datetime] = field(default_factory=dict)
    sets_aside: bool = True

    # --- what a request may do ---

    def make_session(self, sent: Mapping[str, Any]) -> Fields:
        line = sent["line_items"]
        amount = sum(each["quantity"] * each["price_data"]["unit_amount"] for each in line)
        return self.new_session(sent, amount, line[0]["price_data"]["currency"])

    def new_session(self, sent: Mapping[str, Any], amount: int | None, currency: str, **more: Any) -> Fields:
        """A page that can be paid for a day."""
        id_ = self.new_id("cs")
        session = self.sessions[id_] = {
            "id": id_,
            "url": f"https://pay.example/{id_}",
            "status": "open",
            "payment_status": "unpaid",
            "mode": sent["mode"],
            "amount_total": amount,
            "currency": currency,
            "created": self.second,
            "expires_at": self.second + SESSION_LIFE,
            "client_reference_id": sent["client_reference_id"],
            "metadata": sent["metadata"],
            "payment_intent": None,
            **more,
        }
        return dict(session)

    def make_refund(self, sent: Mapping[str, Any], status: str = "succeeded") -> Fields:
        """Raises `Refused` for more than is left; one at the dashboard has no metadata of ours."""
        intent = self.intents[sent["payment_intent"]]
        if sent["amount"] > self.refundable(intent):
            raise Refused("amount_too_large")
        id_ = self.new_id("re")
        refund = self.refunds[id_] = {
            "id": id_,
            "amount": sent["amount"],
            "currency": intent["currency"],
            "status": status,
            "payment_intent": intent["id"],
            "metadata": dict(sent.get("metadata") or {}),
            "failure_reason": None,
        }
        self.tell("refund.created", refund)
        return dict(refund)

    def make_transfer(self, sent: Mapping[str, Any]) -> Fields:
        id_ = self.new_id("tr")
        self.transfers[id_] = {"id": id_, "reversed": False, "created": self.second, **sent}
        return dict(self.transfers[id_])

    def make_payout(self, sent: Mapping[str, Any]) -> Fields:
        """Raises `Refused` where the account has not got what was never transferred to it."""
        account = sent["stripe_account"]
        if self.held_by(account) < sent["amount"]:
            raise Refused("balance_insufficient")
        id_ = self.new_id("po")
        _, arrives = schedule(self.second, sent["method"])
        payout = {"id": id_, "status": "pending", "created": self.second, "arrives": arrives, "failure_code": None}
        self.payouts[id_] = {**payout, **sent}
        return dict(self.payouts[id_])

    def reverse_transfer(self, id_: str) -> Fields:
        """Raises `Refused` where the account does not hold it any more."""
        transfer = self.transfers[id_]
        if transfer["reversed"] or self.held_by(transfer["destination"]) < transfer["amount"]:
            raise Refused("transfer_not_reversible")
        transfer["reversed"] = True
        return dict(transfer)

    def expire(self, id_: str) -> Fields:
        """Raises `Refused` unless it is open."""
        session = self.sessions[id_]
        if session["status"] != "open":
            raise Refused("session_not_open")
        session.update(status="expired", url=None)
        self.tell("checkout.session.expired", session)
        return dict(session)

    # --- what others do ---

    def pay(self, session: Fields, course: str) -> None:
        """A buyer at an open page: `card`, `declined`, or `bank`, which takes days."""
        if session["status"] != "open":
            return
        id_ = session["payment_intent"] = session["payment_intent"] or self.new_id("pi")
        intent = self.intents.setdefault(id_, self.new_intent(id_, session))
        if course == "declined":
            self.tell("payment_intent.payment_failed", {**intent, "last_payment_error": {"code": "card_declined"}})
            return
        session.update(status="complete", url=None)
        if course == "bank":
            self.tell("payment_intent.processing", intent)
            self.tell("checkout.session.completed", session)
        else:
            self._take(session, intent, "checkout.session.completed")

    def clear(self, session: Fields, *, succeeds: bool) -> None:
        """What becomes of a payment that took days."""
        if session["status"] != "complete" or session["payment_status"] == "paid":
            return
        intent = self.intents[session["payment_intent"]]
        if intent["status"] != "processing":
            return
        if succeeds:
            self._take(session, intent, "checkout.session.async_payment_succeeded")
        else:
            intent["status"] = "requires_payment_method"
            self.tell("checkout.session.async_payment_failed", session)

    def take_oddly(self, session: Fields, amount: int) -> None:
        """Money that nobody expected: for a page that has ended, once more, or of a wrong amount."""
        id_ = self.new_id("pi")
        intent = self.intents[id_] = self.new_intent(id_, session)
        intent.update(status="succeeded", amount_received=amount, taken_at=self.second, odd=True)
        self.tell("payment_intent.succeeded", intent, lone=True)

    def fail_refund(self, refund: Fields) -> None:
        """The buyer's bank sends it back."""
        if refund["status"] in ("succeeded", "pending"):
            refund.update(status="failed", failure_reason="lost_or_stolen_card")
            self.tell("refund.failed", refund)

    def finish_refund(self, refund: Fields) -> None:
        if refund["status"] == "pending":
            refund["status"] = "succeeded"
            self.tell("refund.updated", refund)

    def dispute(self, intent: Fields, amount: int) -> None:
        """A bank takes back what was paid, whatever has been refunded of it."""
        taken = sum(each["amount"] for each in self.disputes_of(intent) if each["status"] != "won")
        if not 0 < amount <= intent["amount_received"] - taken:
            return
        id_ = self.new_id("dp")
        taken = {"amount": -amount, "fee": _DISPUTE_FEE, "currency": intent["currency"]}
        dispute = self.disputes[id_] = {
            "id": id_,
            "amount": amount,
            "currency": intent["currency"],
            "status": "needs_response",
            "payment_intent": intent["id"],
            "balance_transactions": [taken],
        }
        self.tell("charge.dispute.funds_withdrawn", dispute)

    def close_dispute(self, dispute: Fields, *, won: bool) -> None:
        if dispute["status"] == "needs_response":
            dispute["status"] = "won" if won else "lost"
            self.tell("charge.dispute.closed", dispute)

    def end_payout(self, payout: Fields, *, paid: bool) -> None:
        """The bank has it, or sends it back, which may happen after it seemed done."""
        before = payout["status"]
        if before == "failed" or (paid and before == "paid"):
            return
        payout.update(status="paid" if paid else "failed", failure_code=None if paid else "account_closed")
        self.tell(f"payout.{payout['status']}", payout, payout["stripe_account"])

    def pass_time(self) -> None:
        """Pages end, and payouts arrive."""
        for session in list(self.sessions.values()):
            if session["status"] == "open" and self.second >= session["expires_at"]:
                self.expire(session["id"])
        for payout in self.payouts.values():
            if payout["status"] == "pending" and self.second >= payout["arrives"]:
                self.end_payout(payout, paid=True)

    # --- what it comes to ---

    def expanded(self, session: Fields) -> Fields:
        """With its intent, if it has one."""
        return {**session, "payment_intent": self.intents.get(session["payment_intent"])}

    def refundable(self, intent: Fields) -> int:
        """What may still go back of it."""
        gone = sum(each["amount"] for each in self.refunds_of(intent) if each["status"] != "failed")
        taken = sum(each["amount"] for each in self.disputes_of(intent) if each["status"] != "won")
        return int(intent["amount_received"] - gone - taken)

    def refunds_of(self, intent: Fields) -> list[Fields]:
        return [each for each in self.refunds.values() if each["payment_intent"] == intent["id"]]

    def disputes_of(self, intent: Fields) -> list[Fields]:
        return [each for each in self.disputes.values() if each["payment_intent"] == intent["id"]]

    def held_by(self, account: str) -> int:
        """What a connected account holds, its payouts taken off."""
        came: int = sum(
            t["amount"] for t in self.transfers.values() if t["destination"] == account and not t["reversed"]
        )
        ours = [each for each in self.payouts.values() if each["stripe_account"] == account]
        return int(came - sum(each["amount"] for each in ours if each["status"] != "failed"))

    def balance_transaction(self, intent: Fields) -> Fields:
        """Of its charge; empty before there is one."""
        if not intent["amount_received"]:
            return {}
        available_on = (intent["taken_at"] // _DAY + SETTLES_AFTER_DAYS) * _DAY
        return {
            "status": "available" if self.second >= available_on else "pending",
            "available_on": available_on,
            "currency": intent["currency"],
            "fee": fee_of(intent["amount_received"], intent["currency"]),
        }

    def _take(self, session: Fields, intent: Fields, type_: str) -> None:
        session["payment_status"] = "paid"
        intent.update(status="succeeded", amount_received=session["amount_total"], taken_at=self.second)
        self.tell("payment_intent.succeeded", intent)
        self.tell(type_, session)

    def new_intent(self, id_: str, sent: Mapping[str, Any], **more: Any) -> Fields:
        return {
            "id": id_,
            "status": "processing",
            "amount_received": 0,
            "created": self.second,
            "taken_at": 0,
            "odd": False,
            "direct": False,
            "source": None,
            "invoice": None,
            "currency": sent["currency"],
            "metadata": sent["metadata"],
            **more,
        }

"""Buyers, banks and Square's own doings: what becomes of payments, refunds and disputes."""

from datetime import datetime
from typing import Any

from local.simulators.square.books import Books
from local.simulators.square.errors import Body, SquareError

APPROVED_CARDS = ("4111111111111111", "5105105105105100")
DECLINED_CARDS = {"4000000000000002": "GENERIC_DECLINE", "4000000000009995": "INSUFFICIENT_FUNDS"}
# The end of a card that is authorised, and whose bank then does not pay.
REFUSED_LATER = "0341"
_LIVE = ("APPROVED", "PENDING", "COMPLETED")
_TENDERS = {"APPROVED": "AUTHORIZED", "COMPLETED": "CAPTURED", "CANCELED": "VOIDED", "FAILED": "FAILED"}
# Square works out its fee some seconds later.
_FEE_AFTER_SECONDS = 10


def pay(books: Books, order: Body, note: str | None, card: str, method: str = "card") -> Body:
    """A try to pay an order: with a card, with one that is only authorised, or by a bank, which takes days."""
    if not can_be_paid(books, order):
        raise SquareError("BAD_REQUEST", "The order cannot be paid any more.", 409)
    if method != "bank" and card not in (*APPROVED_CARDS, *DECLINED_CARDS):
        raise SquareError("INVALID_CARD", "That is no test card.", 422)
    code = None if method == "bank" else DECLINED_CARDS.get(card)
    payment = books.add("payments", _new(order, note, card, method, code))
    books.emit("payment.created", payment)
    books.emit("payment.updated", payment) if code else None
    order.setdefault("tenders", []).append(tender(payment))
    order |= {"state": "OPEN", "version": order["version"] + 1, "updated_at": books.stamp()}
    if method == "card" and not code:
        change(books, payment, "COMPLETED")
    return payment


def can_be_paid(books: Books, order: Body) -> bool:
    """Whatever has become of its link."""
    live = any(is_live(books, each["payment_id"]) for each in order.get("tenders", []))
    return order["state"] in ("DRAFT", "OPEN") and not live


def is_live(books: Books, payment: str) -> bool:
    return books.get("payments", payment)["status"] in _LIVE


def change(books: Books, payment: Body, status: str, code: str = "INSUFFICIENT_FUNDS") -> None:
    """The next state of a payment, and of its tender."""
    payment |= {"status": status, "updated_at": books.stamp()}
    details = payment.get("card_details") or payment["bank_account_details"]
    if status == "FAILED":
        details["errors"] = [{"category": "PAYMENT_METHOD_ERROR", "code": code}]
    if "card_details" in payment:
        details["status"] = _TENDERS[status]
    order = books.get("orders", payment["order_id"])
    order["tenders"] = [tender(payment) if each["id"] == payment["id"] else each for each in order["tenders"]]
    order["version"] += 1
    books.emit("payment.updated", payment)


def cancel(books: Books, identifier: str) -> Body:
    """`POST /v2/payments/{id}/cancel`: frees what is only authorised."""
    payment = books.get("payments", identifier)
    if payment["status"] != "APPROVED":
        raise SquareError("BAD_REQUEST", f"The payment is {payment['status']}.")
    change(books, payment, "CANCELED")
    return payment


def complete(books: Books, identifier: str, body: Body) -> Body:
    """`POST /v2/payments/{id}/complete`: takes what is only authorised."""
    payment = books.get("payments", identifier)
    if body.get("version_token", payment.get("version_token")) != payment.get("version_token"):
        raise SquareError("VERSION_MISMATCH", "The payment has changed meanwhile.")
    if payment["status"] != "APPROVED":
        raise SquareError("BAD_REQUEST", f"The payment is {payment['status']}.")
    if payment["card_details"]["card"]["last_4"] == REFUSED_LATER:
        raise SquareError("CARD_DECLINED", "The bank would not pay.", 402)
    change(books, payment, "COMPLETED")
    return payment


def end_delays(books: Books) -> bool:
    """What was held for long enough is let go, or taken; whether there was any."""
    due = [
        each
        for each in books.of("payments").values()
        if each["status"] == "APPROVED" and each.get("delayed_until", "9") <= books.stamp()
    ]
    for each in due:
        change(books, each, "CANCELED" if each["delay_action"] == "CANCEL" else "COMPLETED")
    return bool(due)


def current(books: Books, payment: Body) -> Body:
    """With Square's fee, once it is worked out."""
    age = books.now() - datetime.fromisoformat(payment["created_at"]).timestamp()
    if payment["status"] != "COMPLETED" or age < _FEE_AFTER_SECONDS:
        return payment
    amount, currency = payment["total_money"]["amount"], payment["total_money"]["currency"]
    kept = (amount * 290 + 5_000) // 10_000 + 30
    fee = {"type": "INITIAL", "effective_at": payment["created_at"], "amount_money": _money(kept, currency)}
    return {**payment, "processing_fee": [fee]}


def new_refund(books: Books, payment: Body, money: Body, reason: str | None) -> Body:
    fields = {"payment_id": payment["id"], "status": "PENDING", "amount_money": money, "reason": reason}
    made = books.add("refunds", {**fields, "order_id": "RETURN", "location_id": payment["location_id"]})
    payment.setdefault("refund_ids", []).append(made["id"])
    books.emit("refund.created", made)
    return made


def going_back(books: Books, payment: Body) -> int:
    made = [books.get("refunds", each) for each in payment.get("refund_ids", [])]
    return sum(each["amount_money"]["amount"] for each in made if each["status"] in ("PENDING", "COMPLETED"))


def settle_refund(books: Books, refund: Body, status: str) -> None:
    refund |= {"status": status, "updated_at": books.stamp()}
    books.emit("refund.updated", refund)
    payment = books.get("payments", refund["payment_id"])
    if status == "COMPLETED":
        before = payment.get("refunded_money", {"amount": 0})["amount"]
        currency = payment["total_money"]["currency"]
        payment["refunded_money"] = _money(before + refund["amount_money"]["amount"], currency)
        books.emit("payment.updated", payment)


def settle_due_refunds(books: Books, after: float) -> bool:
    """Refunds that were pending for long enough; whether there were any."""
    due = [
        each
        for each in books.of("refunds").values()
        if each["status"] == "PENDING" and books.now() - datetime.fromisoformat(each["created_at"]).timestamp() >= after
    ]
    for each in due:
        settle_refund(books, each, "COMPLETED")
    return bool(due)


def dispute(books: Books, payment: Body, amount: int | None, state: str) -> Body:
    """A bank takes money back, or only asks."""
    money = _money(amount or payment["total_money"]["amount"], payment["total_money"]["currency"])
    fields = {"amount_money": money, "state": state, "disputed_payment": {"payment_id": payment["id"]}}
    made = books.add("disputes", {**fields, "reason": "NO_KNOWLEDGE", "version": 1})
    books.emit("dispute.created", made)
    return made


def move_dispute(books: Books, made: Body, state: str) -> None:
    made |= {"state": state, "version": made["version"] + 1, "updated_at": books.stamp()}
    books.emit("dispute.state.updated", made)


def _new(order: Body, note: str | None, card: str, method: str, code: str | None) -> Body:
    status = "FAILED" if code else "PENDING" if method == "bank" else "APPROVED"
    known = {
        "status": status,
        "amount_money": order["total_money"],
        "total_money": order["total_money"],
        "location_id": order["location_id"],
        "order_id": order["id"],
        "note": note,
        "application_details": {"square_product": "ECOMMERCE_API"},
    }
    if method == "bank":
        return {**known, "source_type": "BANK_ACCOUNT", "bank_account_details": {"bank_name": "Simulated"}}
    errors = {"errors": [{"category": "PAYMENT_METHOD_ERROR", "code": code}]} if code else {}
    details = {"status": _TENDERS[status], "card": {"last_4": card[-4:], "card_brand": "VISA"}, **errors}
    return {**known, "source_type": "CARD", "card_details": details}


def tender(payment: Body) -> Body:
    """How an order has a payment."""
    kind = payment["source_type"]
    details = {"card_details": {"status": payment["card_details"]["status"]}} if kind == "CARD" else {}
    known = {"id": payment["id"], "payment_id": payment["id"], "type": kind, "created_at": payment["created_at"]}
    return {**known, "location_id": payment["location_id"], "amount_money": payment["total_money"], **details}


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}

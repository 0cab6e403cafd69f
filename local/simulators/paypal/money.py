"""What becomes of captures: they settle, go back, and are disputed."""

from __future__ import annotations

from decimal import Decimal

from local.simulators.paypal.books import Body, Books, Refused, gone, new_id
from local.simulators.paypal.orders import breakdown

LOST = "RESOLVED_BUYER_FAVOUR"
OUTCOMES = ("RESOLVED_SELLER_FAVOUR", LOST, "CANCELED_BY_BUYER", "RESOLVED_WITH_PAYOUT", "NONE")


def capture_of(books: Books, id_: str) -> Body:
    if id_ not in books.captures:
        raise gone()
    return books.captures[id_]


def settle(books: Books, id_: str, *, completed: bool) -> Body:
    """What was under review is taken, or denied."""
    capture = capture_of(books, id_)
    capture["status"] = "COMPLETED" if completed else "DECLINED"
    if completed:
        capture["seller_receivable_breakdown"] = breakdown(capture["amount"])
    books.emit(f"PAYMENT.CAPTURE.{'COMPLETED' if completed else 'DENIED'}", "capture", capture)
    return capture


def refund(books: Books, capture_id: str, sent: Body, key: str) -> tuple[int, Body]:
    """201, or 200 with what went back under this request id. Without an amount, all that is left."""
    if known := books.known(key):
        return 200, books.refunds[known[1]]
    capture = capture_of(books, capture_id)
    before = sum((Decimal(each["amount"]["value"]) for each in _of(books, capture_id)), Decimal(0))
    left = Decimal(capture["amount"]["value"]) - before
    asked = Decimal(sent["amount"]["value"]) if "amount" in sent else left
    if capture["status"] == "PENDING":
        raise Refused(422, "PENDING_CAPTURE")
    if not 0 < asked <= left:
        raise Refused(422, "REFUND_AMOUNT_EXCEEDED")
    id_ = new_id()
    made: Body = {
        "id": id_,
        "status": "COMPLETED",
        "amount": {"currency_code": capture["amount"]["currency_code"], "value": str(asked)},
        "create_time": books.time(),
        "links": [
            books.link("self", f"/v2/payments/refunds/{id_}"),
            books.link("up", f"/v2/payments/captures/{capture_id}"),
        ],
    }
    if "custom_id" in sent:
        made["custom_id"] = sent["custom_id"]
    books.refunds[id_] = made
    capture["status"] = "REFUNDED" if asked == left else "PARTIALLY_REFUNDED"
    order = books.orders[capture["supplementary_data"]["related_ids"]["order_id"]]
    order["purchase_units"][0]["payments"].setdefault("refunds", []).append(made)
    books.keep(key, "refund", id_)
    books.emit("PAYMENT.CAPTURE.REFUNDED", "refund", made)
    return 201, made


def reverse(books: Books, capture_id: str) -> Body:
    """PayPal takes the whole capture back."""
    capture = capture_of(books, capture_id)
    up = books.link("up", f"/v2/payments/captures/{capture_id}")
    told = {"id": new_id(), "status": "COMPLETED", "amount": capture["amount"], "links": [up]}
    told["custom_id"] = capture["custom_id"]
    books.emit("PAYMENT.CAPTURE.REVERSED", "refund", told)
    return told


def dispute(books: Books, capture_id: str) -> Body:
    """A buyer disputes the whole capture."""
    capture = capture_of(books, capture_id)
    about = {"seller_transaction_id": capture_id, "custom": capture["custom_id"]}
    made: Body = {
        "dispute_id": f"PP-R-{new_id(12)}",
        "create_time": books.time(),
        "disputed_transactions": [about],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_amount": capture["amount"],
    }
    books.disputes[made["dispute_id"]] = made
    books.emit("CUSTOMER.DISPUTE.CREATED", "dispute", made)
    return made


def resolve(books: Books, id_: str, outcome: str, value: str | None) -> Body:
    """It ends, for the buyer with all of it or a value."""
    if id_ not in books.disputes:
        raise gone()
    ended = books.disputes[id_]
    told: Body = {"outcome_code": outcome}
    if outcome == LOST:
        told["amount_refunded"] = {**ended["dispute_amount"], **({"value": value} if value else {})}
    ended |= {"status": "RESOLVED", "dispute_outcome": told}
    books.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", ended)
    return ended


def _of(books: Books, capture_id: str) -> list[Body]:
    return [each for each in books.refunds.values() if each["links"][1]["href"].endswith(f"/{capture_id}")]

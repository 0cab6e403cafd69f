"""Sales: what is taken for subscriptions, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from local.simulators.paypal.agreements import Agreement, money, written
from local.simulators.paypal.books import Body, Books, Refused, gone, new_id
from local.simulators.paypal.orders import breakdown


def sale_of(books: Books, id_: str) -> Body:
    if id_ not in books.sales:
        raise gone()
    return books.sales[id_]


def make(books: Books, of: Agreement, at: datetime, *, waits: bool = False) -> Body:
    """What is due is taken, with what was not paid before; or it `waits` until an eCheck clears."""
    value = of.plan.price + of.outstanding
    id_, fee = new_id(), breakdown(money(of.plan, value))["paypal_fee"]
    sale: Body = {
        "id": id_,
        "state": "pending" if waits else "completed",
        "amount": {"total": str(value), "currency": of.plan.currency, "details": {"subtotal": str(value)}},
        "payment_mode": "ECHECK" if waits else "INSTANT_TRANSFER",
        "create_time": written(at),
        "update_time": written(at),
        "billing_agreement_id": of.id,
        "transaction_fee": {"currency": fee["currency_code"], "value": fee["value"]},
        "links": [books.link("self", f"/v1/payments/sale/{id_}")],
    }
    books.sales[id_] = sale
    of.outstanding, of.failures, of.tried = Decimal(0), 0, 0
    of.paid += 1
    of.last["last_payment"] = {"amount": money(of.plan, value), "time": written(at)}
    books.emit(f"PAYMENT.SALE.{'PENDING' if waits else 'COMPLETED'}", "sale", sale)
    return sale


def settle(books: Books, id_: str) -> Body:
    """What was on its way has come."""
    sale = sale_of(books, id_)
    sale["state"] = "completed"
    books.emit("PAYMENT.SALE.COMPLETED", "sale", sale)
    return sale


def refund(books: Books, id_: str, sent: Body, key: str) -> tuple[int, Body]:
    """201, or 200 with what went back under this request id. Without an amount, all that is left."""
    if known := books.known(key):
        return 200, books.sale_refunds[known[1]]
    sale = sale_of(books, id_)
    before = sum((Decimal(each["amount"]["total"]) for each in _of(books, id_)), Decimal(0))
    left = Decimal(sale["amount"]["total"]) - before
    asked = Decimal(sent["amount"]["total"]) if "amount" in sent else left
    if not 0 < asked <= left:
        raise Refused(400, "TRANSACTION_REFUSED", "REFUND_EXCEEDED_TRANSACTION_AMOUNT")
    made: Body = {
        "id": new_id(),
        "state": "completed",
        "amount": {"total": str(asked), "currency": sale["amount"]["currency"]},
        "sale_id": id_,
        "create_time": books.time(),
        "links": [books.link("sale", f"/v1/payments/sale/{id_}")],
    }
    books.sale_refunds[made["id"]] = made
    sale["state"] = "refunded" if asked == left else "partially_refunded"
    books.keep(key, "sale_refund", made["id"])
    told = {**made, "amount": {**made["amount"], "total": f"-{asked}"}}
    books.emit("PAYMENT.SALE.REFUNDED", "refund", told)
    return 201, {**made, **({"invoice_number": sent["invoice_number"]} if "invoice_number" in sent else {})}


def refund_of(books: Books, id_: str) -> Body:
    if id_ not in books.sale_refunds:
        raise gone()
    return books.sale_refunds[id_]


def reverse(books: Books, id_: str) -> Body:
    """PayPal takes all of it back for good."""
    sale = sale_of(books, id_)
    sale["state"] = "refunded"
    told: Body = {
        "id": new_id(),
        "state": "completed",
        "amount": {"total": f"-{sale['amount']['total']}", "currency": sale["amount"]["currency"]},
        "links": [books.link("sale", f"/v1/payments/sale/{id_}")],
    }
    books.emit("PAYMENT.SALE.REVERSED", "refund", told)
    return told


def dispute(books: Books, id_: str) -> Body:
    """Its buyer disputes all of it."""
    sale = sale_of(books, id_)
    of = books.agreements[sale["billing_agreement_id"]]
    amount = {"currency_code": sale["amount"]["currency"], "value": sale["amount"]["total"]}
    made: Body = {
        "dispute_id": f"PP-R-{new_id(12)}",
        "create_time": books.time(),
        "disputed_transactions": [{"seller_transaction_id": id_, "custom": of.custom_id}],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_amount": amount,
    }
    books.disputes[made["dispute_id"]] = made
    books.emit("CUSTOMER.DISPUTE.CREATED", "dispute", made)
    return made


def _of(books: Books, sale: str) -> list[Body]:
    return [each for each in books.sale_refunds.values() if each["sale_id"] == sale]

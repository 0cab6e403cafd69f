"""What the API does. Each takes the books, the ids of the address and the body, and gives Square's answer."""

from collections.abc import Mapping
from typing import Any

from local.simulators.square import payments
from local.simulators.square.books import Books
from local.simulators.square.errors import Body, SquareError

_LONGEST_KEY, _LONGEST_REFERENCE, _LONGEST_NOTE, _LONGEST_REASON = 45, 40, 500, 192


def create_link(books: Books, base: str, locations: Mapping[str, str], body: Body) -> Body:
    """`POST /v2/online-checkout/payment-links`: an order, and the page that pays it."""
    asked, options = required(body, "order", dict), body.get("checkout_options") or {}
    location = str(asked.get("location_id"))
    if location not in locations:
        raise SquareError("NOT_FOUND", "Location not found.", 404)
    short(asked.get("reference_id"), _LONGEST_REFERENCE, "order.reference_id")
    short(body.get("payment_note"), _LONGEST_NOTE, "payment_note")
    total = sum(_price(line, locations[location]) for line in required(asked, "line_items", list))
    if total <= 0:
        raise SquareError("INVALID_VALUE", "The order must have something to pay.")
    money = {"amount": total, "currency": locations[location]}
    order = books.add("orders", {**asked, "state": "DRAFT", "version": 1, "total_money": money}, 32)
    link = books.add("links", {"version": 1, "order_id": order["id"], "payment_note": body.get("payment_note")}, 16)
    link |= {"url": f"{base}/pay/{link['id']}", "checkout_options": options}
    books.of("pages")[link["id"]] = {"order": order["id"], "note": body.get("payment_note"), "options": options}
    return {"payment_link": link, "related_resources": {"orders": [order]}}


def delete_link(books: Books, identifier: str) -> Body:
    """`DELETE /v2/online-checkout/payment-links/{id}`. As was seen of Square: an order with a declined try stays open,
    and so does its page.
    """
    link = books.get("links", identifier)
    del books.of("links")[identifier]
    order = books.get("orders", link["order_id"])
    if order["state"] != "DRAFT":
        return {"id": identifier}
    _change(books, order, state="CANCELED")
    return {"id": identifier, "cancelled_order_id": order["id"]}


def update_order(books: Books, identifier: str, body: Body) -> Body:
    """`PUT /v2/orders/{id}`: cancels an order of which nothing is paid, or about to be."""
    order, asked = books.get("orders", identifier), required(body, "order", dict)
    if asked.get("version") != order["version"]:
        raise SquareError("VERSION_MISMATCH", f"The current version is {order['version']}.")
    live = [each for each in order.get("tenders", []) if payments.is_live(books, each["payment_id"])]
    if asked.get("state") != "CANCELED" or live or order["state"] == "COMPLETED":
        raise SquareError("BAD_REQUEST", "The order cannot be changed so.")
    if order["state"] != "CANCELED":
        _change(books, order, state="CANCELED")
    return {"order": order}


def search_orders(books: Books, body: Body) -> Body:
    """`POST /v2/orders/search`: by location, creation and state, the oldest first."""
    query = body["query"]["filter"]
    times, states = query["date_time_filter"]["created_at"], query["state_filter"]["states"]
    found = [
        each
        for each in books.of("orders").values()
        if each["location_id"] in body["location_ids"]
        and times["start_at"] <= each["created_at"] <= times["end_at"]
        and each["state"] in states
    ]
    first, limit = int(body.get("cursor") or 0), min(int(body.get("limit") or 500), 500)
    page = sorted(found, key=lambda each: str(each["created_at"]))[first : first + limit]
    more = {"cursor": str(first + limit)} if first + limit < len(found) else {}
    return {"orders": page, **more} if page else {}


def refund(books: Books, body: Body) -> Body:
    """`POST /v2/refunds`: pending at first."""
    paid, money = books.get("payments", str(body.get("payment_id"))), required(body, "amount_money", dict)
    short(body.get("reason"), _LONGEST_REASON, "reason")
    if paid["status"] != "COMPLETED":
        raise SquareError("PAYMENT_NOT_REFUNDABLE", "The payment is not completed.")
    left = paid["total_money"]["amount"] - payments.going_back(books, paid)
    if money.get("currency") != paid["total_money"]["currency"] or not 0 < money.get("amount", 0) <= left:
        raise SquareError("REFUND_AMOUNT_INVALID", "The amount is not refundable.")
    return {"refund": payments.new_refund(books, paid, money, body.get("reason"))}


def idempotent(books: Books, path: str, body: Body) -> tuple[str, Body | None]:
    """The key of a call with what it was answered before."""
    key = body.get("idempotency_key")
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY:
        raise SquareError("VALUE_TOO_LONG" if key else "MISSING_REQUIRED_PARAMETER", "idempotency_key is wrong.")
    known = remembered(books, name := known_key(path, key))
    if known is None:
        return name, None
    if known["body"] != body:
        raise SquareError("IDEMPOTENCY_KEY_REUSED", "The key was used for another request.")
    return name, known["answer"]


def remembered(books: Books, name: str) -> Body | None:
    """What was done under a key. A day is for how long Tollgate trusts it."""
    known: Body | None = books.of("keys").get(name)
    return known if known is not None and books.now() - known["at"] < 86_400 else None


def known_key(path: str, key: str) -> str:
    """What a key is in the books: each call has keys of its own."""
    return f"{path} {key}"


def _price(line: Any, currency: str) -> int:
    money = required(line, "base_price_money", dict)
    if money.get("currency") != currency:
        raise SquareError("INVALID_VALUE", f"The location takes {currency}.")
    return int(money["amount"]) * int(line["quantity"])


def required[T](body: Any, name: str, kind: type[T]) -> T:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind):
        raise SquareError("MISSING_REQUIRED_PARAMETER", f"{name} is missing.")
    return value


def short(text: Any, longest: int, name: str) -> None:
    if text is not None and (not isinstance(text, str) or len(text) > longest):
        raise SquareError("VALUE_TOO_LONG", f"{name} is too long.")


def _change(books: Books, order: Body, **fields: Any) -> None:
    order |= {**fields, "version": order["version"] + 1, "updated_at": books.stamp()}

"""`/v2/payments`: charging a token or a saved card at once or in two steps, and calling that off."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local.simulators.square import payments
from local.simulators.square.books import Books
from local.simulators.square.errors import Body, SquareError
from local.simulators.square.operations import known_key, remembered, required, short

# Square's own test tokens, and ours for what its sandbox has none for. None of them is used up.
ACCEPTED = ("cnon:card-nonce-ok", "ccof:customer-card-id-ok")
# Authorised, and never captured; and with a bank for days.
HELD, PENDING = "cnon:card-nonce-held", "cnon:card-nonce-pending"
DECLINED = {
    "cnon:card-nonce-declined": "GENERIC_DECLINE",
    "cnon:card-nonce-insufficient-funds": "INSUFFICIENT_FUNDS",
    "cnon:card-nonce-expired": "CARD_EXPIRED",
    "cnon:card-nonce-requires-verification": "CARD_DECLINED_VERIFICATION_REQUIRED",
    "cnon:card-nonce-rejected-cvv": "CVV_FAILURE",
    "cnon:card-nonce-rejected-postalcode": "ADDRESS_VERIFICATION_FAILURE",
    "cnon:card-nonce-rejected-expiration": "INVALID_EXPIRATION",
    "ccof:customer-card-id-declined": "CARD_DECLINED",
    "ccof:customer-card-id-expired": "CARD_EXPIRED",
}
USED = "cnon:card-nonce-already-used"
# Only authorised when that is wanted, and then refused by the bank when it is completed.
REFUSED_LATER = "cnon:card-nonce-declined-later"
_STATUSES = {HELD: "APPROVED", PENDING: "PENDING"}
# Of a card that is not there, which is for a minute at least and for a week at most.
_HELD_FOR, _DURATION = "P7D", re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_PAGE = 100


def create(books: Books, locations: Mapping[str, str], body: Body) -> Body:
    """`POST /v2/payments`. A payment that was declined stays in the books, and its errors are the answer."""
    source, money = required(body, "source_id", str), required(body, "amount_money", dict)
    _check(locations, body, source, money)
    if source == USED:
        return _refusal("CARD_TOKEN_USED")
    code = DECLINED.get(source)
    payment = books.add("payments", _new(books, body, "FAILED" if code else _STATUSES.get(source, "APPROVED"), code))
    books.get("orders", payment["order_id"])["tenders"] = [payments.tender(payment)]
    books.emit("payment.created", payment)
    if code:
        books.emit("payment.updated", payment)
        return {**_refusal(code), "payment": payment}
    if source in (*ACCEPTED, REFUSED_LATER) and body.get("autocomplete", True):
        payments.change(books, payment, "COMPLETED")
    return {"payment": payment}


def cancel_by_key(books: Books, body: Body) -> Body:
    """`POST /v2/payments/cancel`: as is documented, it does nothing where no payment has that key. Afterwards the same
    payment may be asked for again.
    """
    known = remembered(books, name := known_key("/v2/payments", required(body, "idempotency_key", str)))
    if known is not None:
        payments.cancel(books, known["answer"]["payment"]["id"])
        del books.of("keys")[name]
    return {}


def listed(books: Books, query: Body) -> Body:
    """`GET /v2/payments`: those of a location, the newest first."""
    begin, end, total = query.get("begin_time", ""), query.get("end_time", books.stamp()), query.get("total")
    found = [
        payments.current(books, each)
        for each in reversed(books.of("payments").values())
        if each["location_id"] == query.get("location_id")
        and begin <= each["created_at"] <= end
        and total in (None, str(each["total_money"]["amount"]))
    ]
    first, limit = int(query.get("cursor", 0)), min(int(query.get("limit", _PAGE)), _PAGE)
    page = found[first : first + limit]
    more = {"cursor": str(first + limit)} if first + limit < len(found) else {}
    return {"payments": page, **more} if page else {}


def _check(locations: Mapping[str, str], body: Body, source: str, money: Body) -> None:
    location = str(body.get("location_id"))
    if location not in locations:
        raise SquareError("NOT_FOUND", "Location not found.", 404)
    if money.get("currency") != locations[location] or not isinstance(money.get("amount"), int) or money["amount"] <= 0:
        raise SquareError("INVALID_VALUE", f"The location takes {locations[location]}, and more than nothing.")
    if source.startswith("ccof:") and not body.get("customer_id"):
        raise SquareError("MISSING_REQUIRED_PARAMETER", "A card on file needs its customer_id.")
    if source not in (*ACCEPTED, HELD, PENDING, REFUSED_LATER, *DECLINED, USED):
        raise SquareError("NOT_FOUND", "Card nonce not found.", 404, "source_id")
    short(body.get("reference_id"), 40, "reference_id")
    short(body.get("note"), 500, "note")


def _new(books: Books, body: Body, status: str, code: str | None) -> Body:
    money, location = body["amount_money"], body["location_id"]
    order = books.add("orders", {"location_id": location, "state": "OPEN", "version": 1, "total_money": money}, 32)
    echo: Body = {name: body[name] for name in ("reference_id", "note", "customer_id") if name in body}
    card = {"last_4": payments.REFUSED_LATER if body["source_id"] == REFUSED_LATER else "1111"}
    details: dict[str, Any] = {"status": "FAILED" if code else "AUTHORIZED", "card": card}
    return {
        "status": status,
        **_delay(books, body),
        "amount_money": money,
        "total_money": money,
        "location_id": location,
        "order_id": order["id"],
        "source_type": "CARD",
        "card_details": details | (_refusal(code) if code else {}),
        "application_details": {"square_product": "ECOMMERCE_API"},
        **echo,
    }


def _delay(books: Books, body: Body) -> Body:
    """Until when a payment of two steps is held, and what happens then."""
    if body.get("autocomplete", True):
        return {}
    duration = str(body.get("delay_duration", _HELD_FOR))
    found, action = _DURATION.fullmatch(duration), body.get("delay_action", "CANCEL")
    days, hours, minutes = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    life = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta(minutes=1) <= life <= timedelta(days=7) or action not in ("CANCEL", "COMPLETE"):
        raise SquareError("INVALID_VALUE", "delay_duration or delay_action is wrong.")
    until = datetime.fromtimestamp(books.now(), UTC) + life
    return {
        "delay_duration": duration,
        "delay_action": action,
        "delayed_until": f"{until.isoformat(timespec='milliseconds')[:23]}Z",
        "version_token": f"v{books.now():.6f}",
    }


def _refusal(code: str) -> Body:
    return {"errors": [{"category": "PAYMENT_METHOD_ERROR", "code": code, "detail": f"Declined: '{code}'."}]}

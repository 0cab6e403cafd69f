"""What the account earns: balance transactions with their fees, and the balance they add up to."""

from local.simulators.stripe.currencies import digits
from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Currency, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "currency": Currency(), "source": Text(), "type": Text()}, unbuilt="payout")

_DAY = 86_400
_SETTLEMENT_DAYS = 2
_FEE_PER_MILLE = 29
_FIXED_FEE = {0: 30, 2: 30, 3: 300}


def fee_of(amount: int, currency: str) -> int:
    """2.9 % rounded half up plus 0.30 (30 in currencies without a minor unit)."""
    return (amount * _FEE_PER_MILLE + 500) // 1000 + _FIXED_FEE[digits(currency)]


def book_charge(work: Work, charge: Record, amount: int, *, at_once: bool) -> Record:
    """Money of a captured charge, available two days later unless `at_once`."""
    fee = fee_of(amount, charge.body["currency"])
    details = {"amount": fee, "application": None, "currency": charge.body["currency"],
               "description": "Stripe processing fees", "type": "stripe_fee"}  # fmt: skip
    return _book(work, charge, "charge", amount, [details], at_once=at_once)


def book_refund(work: Work, refund: Record) -> Record:
    """Money of a refund, gone at once. The fee of the charge is not given back."""
    return _book(work, refund, "refund", -int(refund.body["amount"]), [], at_once=True)


def book_failed_refund(work: Work, refund: Record) -> Record:
    """Money of a refund that came back."""
    return _book(work, refund, "refund_failure", int(refund.body["amount"]), [], at_once=True)


def _book(work: Work, source: Record, kind: str, amount: int, fees: list[Body], *, at_once: bool) -> Record:
    available_on = work.second if at_once else (work.second // _DAY + _SETTLEMENT_DAYS) * _DAY
    fee = sum(entry["amount"] for entry in fees)
    body = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": work.second,
        "currency": source.body["currency"],
        "description": source.body.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees,
        "net": amount - fee,
        "reporting_category": kind,
        "source": source.id,
        "status": "available" if at_once else "pending",
        "type": kind,
    }
    return work.add("balance_transaction", body)


def _current(work: Work, record: Record) -> Body:
    available = record.body["available_on"] <= work.now
    return {**record.body, "status": "available" if available else "pending"}


def retrieve_transaction(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/balance_transactions/{id}`."""
    return _current(work, work.at_path("balance_transaction", ids["id"]))


def list_transactions(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/balance_transactions`, newest first."""
    names = ("currency", "source", "type")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    url = "/v1/balance_transactions"
    return page_of(work, "balance_transaction", url, params, conditions, render=lambda record: _current(work, record))


def retrieve_balance(work: Work, _ids: Body, _params: Body) -> Body:
    """`GET /v1/balance`: sums per currency, over all balance transactions."""
    sums = work.tx.execute(
        """SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.available_on') <= ? AS available,
        sum(json_extract(body, '$.net')) AS amount FROM objects WHERE kind = 'balance_transaction' GROUP BY 1, 2""",
        (work.now,),
    ).fetchall()
    currencies = sorted({row["currency"] for row in sums} | {"usd"})
    totals = {(row["currency"], bool(row["available"])): row["amount"] for row in sums}
    return {
        "object": "balance",
        "available": [_amount(currency, totals.get((currency, True), 0)) for currency in currencies],
        "livemode": False,
        "pending": [_amount(currency, totals.get((currency, False), 0)) for currency in currencies],
    }


def _amount(currency: str, amount: int) -> Body:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}

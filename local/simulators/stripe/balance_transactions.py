"""`/v1/balance_transactions`: every movement of an account's money, with its fee and the day it counts."""

from local.simulators.stripe.currencies import digits
from local.simulators.stripe.current import current
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
# What is reported is named otherwise than what was done, for these kinds.
_CATEGORIES = {
    "payment": "charge", "payment_refund": "refund", "transfer_refund": "transfer_reversal",
    "payout_cancel": "payout_reversal", "payout_failure": "payout_reversal",
}  # fmt: skip


def fee_of(amount: int, currency: str) -> int:
    """2.9 % rounded half up plus 0.30 (30 in currencies without a minor unit)."""
    return (amount * _FEE_PER_MILLE + 500) // 1000 + _FIXED_FEE[digits(currency)]


def settlement_of(work: Work) -> int:
    """The midnight (UTC) at which money taken now becomes available: two days later."""
    return (work.second // _DAY + _SETTLEMENT_DAYS) * _DAY


def book_charge(work: Work, charge: Record, amount: int, *, at_once: bool) -> Record:
    """Money of a captured charge, available two days later unless `at_once`."""
    fee = fee_of(amount, charge.body["currency"])
    available_on = work.second if at_once else settlement_of(work)
    return book(work, charge, "charge", amount, fee=(fee, "Stripe processing fees"), available_on=available_on)


def book_refund(work: Work, refund: Record) -> Record:
    """Money of a refund, gone at once. The fee of the charge is not given back."""
    return book(work, refund, "refund", -int(refund.body["amount"]))


def book_failed_refund(work: Work, refund: Record) -> Record:
    """Money of a refund that came back."""
    return book(work, refund, "refund_failure", int(refund.body["amount"]))


def book(
    work: Work,
    source: Record,
    kind: str,
    amount: int,
    *,
    fee: tuple[int, str] | None = None,
    category: str | None = None,
    description: str | None = None,
    available_on: int | None = None,
) -> Record:
    """A movement on the account that `work` is for: at once, or counted as pending until `available_on`.

    `amount` in minor units, negative when money leaves; `fee` is its amount and what it is for.
    """
    charged, fee_name = fee or (0, "")
    details = {"amount": charged, "application": None, "currency": source.body["currency"], "description": fee_name,
               "type": "stripe_fee"}  # fmt: skip
    counts_from = work.second if available_on is None else available_on
    body = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": counts_from,
        "balance_type": "payments",
        "created": work.second,
        "currency": source.body["currency"],
        "description": description or source.body.get("description"),
        "exchange_rate": None,
        "fee": charged,
        "fee_details": [details] if charged else [],
        "net": amount - charged,
        "reporting_category": category or _CATEGORIES.get(kind, kind),
        "source": source.id,
        "status": "available" if counts_from <= work.now else "pending",
        "type": kind,
    }
    return work.add("balance_transaction", body)


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/balance_transactions/{id}`."""
    return current(work, work.at_path("balance_transaction", ids["id"]))


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/balance_transactions`, newest first."""
    names = ("currency", "source", "type")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    return page_of(work, "balance_transaction", "/v1/balance_transactions", params, conditions)

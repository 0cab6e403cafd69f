"""`/v1/payouts`: money from an account's balance to its bank account."""

from local.simulators.stripe import payout_course
from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.balances import available, instantly_available
from local.simulators.stripe.currencies import check_payout, formatted
from local.simulators.stripe.errors import Body, insufficient_balance, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Currency, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Moments
from local.simulators.stripe.work import Work

CREATE = Group(
    {
        **EXPAND,
        "amount": Number(1),
        "currency": Currency(),
        "description": Text(),
        "destination": Text(),
        "metadata": Metadata(),
        "method": Choice("standard instant"),
        "source_type": Choice("card"),
        "statement_descriptor": Text(22, forbidden="<>\\'\"*"),
    },
    required=("amount", "currency"),
    unbuilt="payout_method",
)
CANCEL = Group(EXPAND)
RETRIEVE = Group(EXPAND)
LIST = Group(
    {
        **PAGE,
        "arrival_date": Moments(),
        "destination": Text(),
        "status": Choice("canceled failed in_transit paid pending"),
    }
)

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
PLATFORM_BANK_ACCOUNT = "ba_platform"
"""Where the platform's own payouts go: it has no onboarding here."""


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/payouts`: of the account in the header Stripe-Account, or of the platform without one."""
    destination = _destination(work, params)
    instant = params.get("method") == "instant"
    amount, currency = params["amount"], params["currency"]
    check_payout(amount, currency, param="amount")
    reach = instantly_available(work, currency) if instant else available(work, currency)
    if amount > reach:
        kind = "instantly available" if instant else "available"
        raise insufficient_balance(f"The {kind} balance of {formatted(reach, currency)} is too low for this payout.")
    payout = work.add("payout", _body(work, destination, params))
    payout.body["balance_transaction"] = book(work, payout, "payout", -amount).id
    payout.due, payout.body["arrival_date"] = payout_course.schedule(work.second, payout.body["method"])
    work.save(payout)
    emit(work, "payout.created", payout)
    return payout.body


def _destination(work: Work, params: Body) -> str:
    if work.account is None:
        return str(params.get("destination", PLATFORM_BANK_ACCOUNT))
    account = work.of(None).get("account", work.account)
    if not account.body["payouts_enabled"]:
        message = f"Payouts are disabled on the account {account.id}; see its requirements."
        raise invalid(message, code="payouts_not_allowed", executed=True)
    if "destination" in params:
        return work.get("bank_account", params["destination"], param="destination").id
    return str(account.body["external_accounts"]["data"][0]["id"])


def _body(work: Work, destination: str, params: Body) -> Body:
    absent = ("application_fee", "application_fee_amount", "balance_transaction", "failure_balance_transaction",
              "failure_code", "failure_message", "original_payout", "payout_method", "reversed_by")  # fmt: skip
    return {
        "id": new_id("po"),
        "object": "payout",
        **dict.fromkeys(absent),
        "amount": params["amount"],
        "arrival_date": work.second,
        "automatic": False,
        "created": work.second,
        "currency": params["currency"],
        "description": params.get("description"),
        "destination": destination,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "method": params.get("method", "standard"),
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def cancel(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/payouts/{id}/cancel`: only before it went to the bank."""
    payout = work.at_path("payout", ids["id"])
    payout_course.cancel(work, payout)
    return payout.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/payouts/{id}`."""
    return work.at_path("payout", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/payouts`, newest first."""
    names = ("destination", "status")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    for word, moment in params.get("arrival_date", {}).items():
        conditions[f"json_extract(body, '$.arrival_date') {_COMPARISONS[word]} ?"] = moment
    return page_of(work, "payout", "/v1/payouts", params, conditions)

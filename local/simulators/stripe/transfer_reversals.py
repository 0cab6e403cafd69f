"""`/v1/transfers/{id}/reversals`: transferred money that the platform takes back."""

from local.simulators.stripe import destination_payments
from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.balances import available
from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.errors import Body, insufficient_balance, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

CREATE = Group(
    {**EXPAND, "amount": Number(1), "description": Text(), "metadata": Metadata()}, unbuilt="refund_application_fee"
)
RETRIEVE = Group(EXPAND)
LIST = Group({name: kind for name, kind in PAGE.items() if name != "created"})

_SHOWN = 10


def create(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/transfers/{id}/reversals`: of all that is left, or a part. The destination must still have it."""
    transfer = work.at_path("transfer", ids["transfer"], "id")
    left = transfer.body["amount"] - transfer.body["amount_reversed"]
    amount = params.get("amount", left)
    currency = transfer.body["currency"]
    if left == 0:
        raise invalid(f"The transfer {transfer.id} has been fully reversed.", executed=True)
    if amount > left:
        message = f"{formatted(amount, currency)} is more than the {formatted(left, currency)} left of the transfer."
        raise invalid(message, param="amount", executed=True)
    settled = transfer.private["available_on"] <= work.now
    if settled and amount > available(work.of(transfer.body["destination"]), currency):
        raise insufficient_balance(f"The account {transfer.body['destination']} has not enough available balance.")
    return _reverse(work, transfer, amount, params).body


def _reverse(work: Work, transfer: Record, amount: int, params: Body) -> Record:
    """Money that has not settled goes back as such, on the day on which it would have counted."""
    available_on = max(work.second, transfer.private["available_on"])
    reversal = work.add("transfer_reversal", _body(work, transfer, amount, params))
    transaction = book(
        work, reversal, "transfer_refund", amount, available_on=available_on, description=params.get("description")
    )
    other = work.of(transfer.body["destination"])
    payment = other.get("charge", transfer.body["destination_payment"])
    refund = destination_payments.give_back(other, payment, reversal, available_on)
    reversal.body.update(balance_transaction=transaction.id, destination_payment_refund=refund.id)
    _note(transfer, reversal)
    work.save(reversal, transfer)
    emit(work, "transfer.reversed", transfer)
    return reversal


def _note(transfer: Record, reversal: Record) -> None:
    reversals = transfer.body["reversals"]
    all_of_them = [reversal.body, *reversals["data"]]
    reversals.update(data=all_of_them[:_SHOWN], has_more=reversals["has_more"] or len(all_of_them) > _SHOWN)
    transfer.body["amount_reversed"] += reversal.body["amount"]
    transfer.body["reversed"] = transfer.body["amount_reversed"] == transfer.body["amount"]


def _body(work: Work, transfer: Record, amount: int, params: Body) -> Body:
    return {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": work.second,
        "currency": transfer.body["currency"],
        "destination_payment_refund": None,
        "metadata": params.get("metadata", {}),
        "source_refund": None,
        "transfer": transfer.id,
    }


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/transfers/{transfer}/reversals/{id}`."""
    work.at_path("transfer", ids["transfer"])
    return work.at_path("transfer_reversal", ids["id"]).body


def list_all(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/transfers/{transfer}/reversals`, newest first."""
    transfer = work.at_path("transfer", ids["transfer"])
    conditions = {"json_extract(body, '$.transfer') = ?": transfer.id}
    return page_of(work, "transfer_reversal", f"/v1/transfers/{transfer.id}/reversals", params, conditions)

"""`/v1/transfers`: money from the platform's balance to a connected account's."""

from local.simulators.stripe import destination_payments
from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.balances import available
from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.errors import Body, insufficient_balance, invalid
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import list_body, page_of
from local.simulators.stripe.parameter_kinds import Choice, Currency, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

CREATE = Group(
    {
        **EXPAND,
        "amount": Number(1),
        "currency": Currency(),
        "description": Text(),
        "destination": Text(),
        "metadata": Metadata(),
        "source_transaction": Text(),
        "source_type": Choice("card"),
        "transfer_group": Text(),
    },
    required=("amount", "currency", "destination"),
)
RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "destination": Text(), "transfer_group": Text()})


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/transfers`: out of what is available, or out of one charge, also before that has settled."""
    destination = work.get("account", params["destination"], param="destination")
    if destination.body["capabilities"].get("transfers") != "active":
        message = f"The destination {destination.id} needs the capability transfers to be active."
        raise invalid(message, param="destination", code="insufficient_capabilities_for_transfer", executed=True)
    charge = None
    if "source_transaction" in params:
        charge = work.get("charge", params["source_transaction"], param="source_transaction")
        _check_charge(work, charge, params)
    elif params["amount"] > available(work, params["currency"]):
        shown = formatted(available(work, params["currency"]), params["currency"])
        raise insufficient_balance(f"The available balance of {shown} is too low for this transfer.")
    return _transfer(work, destination, charge, params).body


def _check_charge(work: Work, charge: Record, params: Body) -> None:
    """The transfers out of a charge, reversed parts aside, may take as much as it took, before fees."""
    currency = charge.body["currency"]
    if not charge.body["paid"] or not charge.body["amount_captured"]:
        raise invalid(f"The charge {charge.id} took no money.", param="source_transaction", executed=True)
    if currency != params["currency"]:
        raise invalid(f"The charge {charge.id} is in {currency}.", param="currency", executed=True)
    others = work.tx.select("transfer", {"json_extract(body, '$.source_transaction') = ?": charge.id})
    taken = sum(other.body["amount"] - other.body["amount_reversed"] for other in others)
    if params["amount"] + taken > charge.body["amount_captured"] - charge.body["amount_refunded"]:
        message = (
            f"Transfers out of {charge.id} may not exceed its {formatted(charge.body['amount_captured'], currency)}, "
            f"less refunds of {formatted(charge.body['amount_refunded'], currency)}; "
            f"others have taken {formatted(taken, currency)}."
        )
        raise invalid(message, param="amount", executed=True)


def _transfer(work: Work, destination: Record, charge: Record | None, params: Body) -> Record:
    transfer = work.add("transfer", _body(work, charge, params))
    available_on = _available_on(work, charge)
    transaction = book(work, transfer, "transfer", -params["amount"], available_on=available_on)
    payment = destination_payments.receive(work.of(destination.id), transfer, available_on)
    transfer.body.update(balance_transaction=transaction.id, destination_payment=payment.id)
    transfer.private["available_on"] = available_on
    work.save(transfer)
    emit(work, "transfer.created", transfer)
    return transfer


def _available_on(work: Work, charge: Record | None) -> int:
    """The money of a charge that has not settled moves at once, and counts on either side when it has."""
    if charge is None:
        return work.second
    settles = work.get("balance_transaction", charge.body["balance_transaction"]).body["available_on"]
    return max(work.second, int(settles))


def _body(work: Work, charge: Record | None, params: Body) -> Body:
    identifier = new_id("tr")
    group = params.get("transfer_group")
    if charge and not group:
        group = charge.body["transfer_group"] or f"group_{charge.body['payment_intent'] or charge.id}"
    return {
        "id": identifier,
        "object": "transfer",
        "amount": params["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": work.second,
        "currency": params["currency"],
        "description": params.get("description"),
        "destination": params["destination"],
        "destination_payment": None,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "reversals": list_body(f"/v1/transfers/{identifier}/reversals", [], has_more=False),
        "reversed": False,
        "source_transaction": charge.id if charge else None,
        "source_type": "card",
        "transfer_group": group,
    }


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/transfers/{id}`."""
    return work.at_path("transfer", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/transfers`, newest first."""
    names = ("destination", "transfer_group")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    return page_of(work, "transfer", "/v1/transfers", params, conditions)

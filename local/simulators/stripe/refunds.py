"""`/v1/refunds`."""

from local.simulators.stripe import balance_transactions
from local.simulators.stripe.cards import card_known_as
from local.simulators.stripe.charges import changed, refundable
from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.dispute_course import disputes_of
from local.simulators.stripe.errors import Body, invalid, unexpected_state
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Email, Metadata, Number, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_UNBUILT = "currency customer origin refund_application_fee reverse_transfer"
CREATE = Group(
    {
        **EXPAND,
        "amount": Number(1),
        "charge": Text(),
        "instructions_email": Email(),
        "metadata": Metadata(),
        "payment_intent": Text(),
        "reason": Choice("duplicate fraudulent requested_by_customer"),
    },
    unbuilt=_UNBUILT,
)
UPDATE = Group({**EXPAND, "metadata": Metadata(merges=True)})
CANCEL = Group(EXPAND)
RETRIEVE = Group(EXPAND)
LIST = Group({**PAGE, "charge": Text(), "payment_intent": Text()})


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/refunds`: of a charge, or of the successful charge of an intent."""
    charge = _charge_to_refund(work, params)
    left = refundable(charge)
    if not all(dispute.body["is_charge_refundable"] for dispute in disputes_of(work, charge)):
        message = f"The charge {charge.id} has been charged back and cannot be refunded."
        raise invalid(message, code="charge_disputed", executed=True)
    if left <= 0:
        message = f"The charge {charge.id} has already been refunded."
        raise invalid(message, code="charge_already_refunded", executed=True)
    amount = params.get("amount", left)
    if amount > left:
        currency = charge.body["currency"]
        message = f"The refund of {formatted(amount, currency)} is more than the {formatted(left, currency)} left."
        raise invalid(message, param="amount", executed=True)
    return _refund(work, charge, amount, params).body


def _charge_to_refund(work: Work, params: Body) -> Record:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid("Give one of charge and payment_intent.", param="payment_intent", code="parameter_missing")
    if "charge" in params:
        charge = work.get("charge", params["charge"], param="charge")
    else:
        intent = work.get("payment_intent", params["payment_intent"], param="payment_intent")
        found = work.tx.find(intent.body["latest_charge"] or "", "charge")
        if found is None:
            raise _nothing_to_refund(intent)
        charge = found
    if not charge.body["paid"] or not charge.body["amount_captured"]:
        raise _nothing_to_refund(charge)
    return charge


def _nothing_to_refund(record: Record) -> Exception:
    return invalid(f"{record.id} has no captured charge to refund.", executed=True)


def _refund(work: Work, charge: Record, amount: int, params: Body) -> Record:
    course = card_known_as(charge.private["card"]).refund
    refund = new_refund(work, charge, amount, params, "pending" if course == "pending" else "succeeded")
    refund.body["balance_transaction"] = balance_transactions.book_refund(work, refund).id
    refund.private["course"] = course
    if course != "succeeded":
        refund.due = work.now + work.refund_settlement
    before = charge.body["amount_refunded"]
    charge.body["amount_refunded"] += amount
    charge.body["refunded"] = refundable(charge) == 0
    work.save(refund, charge)
    emit(work, "refund.created", refund)
    emit(work, "charge.refunded", charge, {"amount_refunded": before})
    return refund


def new_refund(work: Work, charge: Record, amount: int, params: Body, status: str) -> Record:
    """A refund as such; what it does to the charge and the balance is the caller's."""
    kind = charge.body["payment_method_details"]["type"]
    details: Body = {"type": kind}
    if kind == "card":
        reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        details["card"] = {**reference, "type": "refund"}
    body: Body = {
        "id": new_id("pyr" if kind != "card" else "re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge.id,
        "created": work.second,
        "currency": charge.body["currency"],
        "destination_details": details,
        "metadata": params.get("metadata", {}),
        "payment_intent": charge.body["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    if status == "pending":
        body["pending_reason"] = "processing"
    return work.add("refund", body)


def void(work: Work, charge: Record) -> None:
    """All that was only set aside goes back to the cardholder, as a refund that no balance has to do with."""
    amount = charge.body["amount"]
    refund = new_refund(work, charge, amount, {}, "succeeded")
    refund.private["course"] = "succeeded"
    refund.body["destination_details"]["card"]["type"] = "reversal"
    charge.body.update(amount_refunded=amount, refunded=True)
    work.save(refund, charge)
    emit(work, "refund.created", refund)
    emit(work, "charge.refunded", charge, {"amount_refunded": 0})


def settle(work: Work, refund: Record, outcome: str) -> None:
    """What became of a refund that was not final: `succeeded`, `failed` or `requires_action`."""
    status = refund.body["status"]
    if refund.private["course"] == "succeeded" or status in ("failed", "canceled"):
        message = f"The refund {refund.id} is final in the status {status}."
        raise unexpected_state("refund_unexpected_state", message)
    refund.due = None
    refund.body.pop("pending_reason", None)
    if outcome == "failed":
        _give_back(work, refund, "failed", "expired_or_canceled_card")
        return
    refund.body["status"] = outcome
    if outcome == "succeeded":
        refund.private["course"] = "succeeded"
    work.save(refund)
    emit(work, "refund.updated", refund, {"status": status})


def settle_by_time(work: Work, refund: Record) -> None:
    """The end the test card foresees."""
    settle(work, refund, "failed" if refund.private["course"] == "fails_later" else "succeeded")


def _give_back(work: Work, refund: Record, status: str, reason: str | None) -> None:
    charge = work.get("charge", refund.body["charge"])
    charge.body["amount_refunded"] -= refund.body["amount"]
    charge.body["refunded"] = False
    previous = {"status": refund.body["status"]}
    transaction = balance_transactions.book_failed_refund(work, refund)
    refund.body.update(status=status, failure_balance_transaction=transaction.id)
    if reason:
        refund.body["failure_reason"] = reason
    work.save(refund, charge)
    emit(work, "refund.failed" if status == "failed" else "refund.updated", refund, previous)
    if status == "failed":
        emit(work, "refund.updated", refund, previous)


def cancel(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/refunds/{id}/cancel`: only while the refund waits for the customer's action, as at Stripe."""
    refund = work.at_path("refund", ids["id"])
    if refund.body["status"] != "requires_action":
        message = f"A refund in the status {refund.body['status']} cannot be canceled; it needs requires_action."
        raise invalid(message, executed=True)
    _give_back(work, refund, "canceled", None)
    return refund.body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/refunds/{id}`: metadata."""
    refund = work.at_path("refund", ids["id"])
    previous = changed(refund, params)
    work.save(refund)
    if previous:
        emit(work, "refund.updated", refund, previous)
    return refund.body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/refunds/{id}`."""
    return work.at_path("refund", ids["id"]).body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/refunds`, newest first."""
    names = ("charge", "payment_intent")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    return page_of(work, "refund", "/v1/refunds", params, conditions)

"""What a transfer is on the other side: a payment that the connected account received."""

from local.simulators.stripe.balance_transactions import book
from local.simulators.stripe.charges import NOT_APPLICABLE, refundable
from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.payment_methods import billing_details
from local.simulators.stripe.refunds import new_refund
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_KIND = "stripe_account"


def receive(work: Work, transfer: Record, available_on: int) -> Record:
    """The payment of a transfer, on the account that `work` is for."""
    payment = work.add("charge", _body(work, transfer))
    transaction = book(work, payment, "payment", payment.body["amount"], available_on=available_on)
    payment.body["balance_transaction"] = transaction.id
    work.save(payment)
    return payment


def give_back(work: Work, payment: Record, reversal: Record, available_on: int) -> Record:
    """The refund of a payment whose transfer is reversed, wholly or in part."""
    amount = reversal.body["amount"]
    refund = new_refund(work, payment, amount, {}, "succeeded")
    transaction = book(work, refund, "payment_refund", -amount, available_on=available_on)
    refund.body.update(balance_transaction=transaction.id, source_transfer_reversal=reversal.id)
    payment.body["amount_refunded"] += amount
    payment.body["refunded"] = refundable(payment) == 0
    work.save(refund, payment)
    return refund


def _body(work: Work, transfer: Record) -> Body:
    absent = ("customer", "description", "failure_code", "failure_message", "outcome", "payment_intent",
              "payment_method", "receipt_email", "receipt_url", "shipping", "statement_descriptor",
              "statement_descriptor_suffix", "transfer_group", "calculated_statement_descriptor")  # fmt: skip
    return {
        "id": new_id("py"),
        "object": "charge",
        **dict.fromkeys(NOT_APPLICABLE),
        **dict.fromkeys(absent),
        "amount": transfer.body["amount"],
        "amount_captured": transfer.body["amount"],
        "amount_refunded": 0,
        "billing_details": billing_details(),
        "captured": True,
        "created": work.second,
        "currency": transfer.body["currency"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_method_details": {"type": _KIND, _KIND: {}},
        "radar_options": {},
        "refunded": False,
        "source_transfer": transfer.id,
        "status": "succeeded",
    }

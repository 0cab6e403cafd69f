"""Controls for money that moves after the payment: refunds, conversions, disputes, connected accounts, payouts."""

from local.simulators.stripe import accounts, dispute_course, payout_course, refunds
from local.simulators.stripe.control_actions import named
from local.simulators.stripe.control_input import BadControl
from local.simulators.stripe.currencies import SUPPORTED
from local.simulators.stripe.errors import Body
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work


def refund(work: Work, identifier: str, fields: Body) -> Body:
    """Refund a payment intent as at Stripe's dashboard: without metadata; all that is left, or an amount."""
    intent = named(work, "payment_intent", identifier)
    given = {name: value for name, value in fields.items() if value is not None}
    return refunds.create(work.of(intent.account), {}, {"payment_intent": intent.id, **given})


def convert(work: Work, identifier: str, fields: Body) -> Body:
    """Settle a charge, named by its id or its payment intent's, in another currency: what its money came to, and what
    Stripe keeps of that, in minor units. What is refunded of it later is not converted.
    """
    charge = _charge(work, identifier)
    if fields["currency"] not in SUPPORTED:
        raise BadControl("currency", "must be a currency in small letters")
    if charge.body["balance_transaction"] is None:
        raise BadControl("id", f"{identifier} has taken no money", 409)
    booked = named(work, "balance_transaction", charge.body["balance_transaction"])
    rate = fields["amount"] / booked.body["amount"]
    details = [each | {"amount": fields["fee"], "currency": fields["currency"]} for each in booked.body["fee_details"]]
    booked.body |= fields | {
        "exchange_rate": round(rate, 6), "fee_details": details, "net": fields["amount"] - fields["fee"],
    }  # fmt: skip
    work.save(booked)
    return booked.body


def dispute(work: Work, identifier: str, fields: Body) -> Body:
    """Let the cardholder dispute a charge, named by its id or its payment intent's. An inquiry moves no money."""
    charge = _charge(work, identifier)
    opened = dispute_course.open_dispute(
        work.of(charge.account), charge, fields["reason"], fields["amount"], inquiry=fields["inquiry"]
    )
    return opened.body


def _charge(work: Work, identifier: str) -> Record:
    if not identifier.startswith("pi_"):
        return named(work, "charge", identifier)
    intent = named(work, "payment_intent", identifier)
    if intent.body["latest_charge"] is None:
        raise BadControl("id", f"{identifier} has no charge", 409)
    return named(work, "charge", intent.body["latest_charge"])


def close_dispute(work: Work, identifier: str, fields: Body) -> Body:
    """Decide a dispute: won or lost; an inquiry only ever ends warning_closed."""
    record = named(work, "dispute", identifier)
    dispute_course.close(work.of(record.account), record, fields["outcome"])
    return record.body


def set_account(work: Work, identifier: str, fields: Body) -> Body:
    """Complete an account's onboarding (payouts_enabled true), or stop its payouts for a reason."""
    account = named(work, "account", identifier)
    if fields["payouts_enabled"]:
        accounts.enable(work, account)
    else:
        accounts.stop_payouts(work, account, fields["disabled_reason"])
    return account.body


def settle_payout(work: Work, identifier: str, fields: Body) -> Body:
    """Let a payout arrive now, or fail, also after it was paid."""
    payout = named(work, "payout", identifier)
    of_its_account = work.of(payout.account)
    if fields["outcome"] == "paid":
        payout_course.arrive(of_its_account, payout)
    else:
        payout_course.fail(of_its_account, payout, fields["failure_code"])
    return payout.body

"""`/v1/accounts`: connected accounts, which receive transfers and pay out."""

from local.simulators.stripe.account_shapes import account_body, bank_account_body, requirements
from local.simulators.stripe.errors import Body, invalid, no_such_account
from local.simulators.stripe.events import emit
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Choice, Currency, Email, Flag, Link, Metadata, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_REQUEST = Group({"requested": Flag()})
CONTROLLER = Group(
    {
        "fees": Group({"payer": Choice("account application")}),
        "losses": Group({"payments": Choice("application stripe")}),
        "requirement_collection": Choice("application stripe"),
        "stripe_dashboard": Group({"type": Choice("express full none")}),
    }
)
CREATE = Group(
    {
        **EXPAND,
        "business_profile": Group({"name": Text(), "product_description": Text(), "url": Link()}),
        "business_type": Choice("company government_entity individual non_profit"),
        "capabilities": Group({"card_payments": _REQUEST, "transfers": _REQUEST}),
        "controller": CONTROLLER,
        "country": Text(2, 2),
        "default_currency": Currency(),
        "email": Email(),
        "metadata": Metadata(),
        "type": Choice("custom express standard"),
    },
    unbuilt="account_token company documents external_account groups individual settings tos_acceptance",
)
RETRIEVE = Group(EXPAND)
LIST = Group(PAGE)


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/accounts`. Nothing is enabled until the account's owner went through the onboarding."""
    if "type" in params and "controller" in params:
        raise invalid("Only one of type and controller may be given.", param="controller")
    return work.add("account", account_body(work, params)).body


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/accounts/{id}`; an unknown one is forbidden, as at Stripe, not missing."""
    account = work.tx.find(ids["id"], "account")
    if account is None:
        raise no_such_account()
    return account.body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/accounts`, newest first."""
    return page_of(work, "account", "/v1/accounts", params, {})


def enable(work: Work, account: Record) -> None:
    """The owner is known and has a bank account: what was asked for is active, and payouts are possible."""
    body = account.body
    previous = _enablement(body)
    if not body["external_accounts"]["data"]:
        bank = work.of(account.id).add("bank_account", bank_account_body(account))
        body["external_accounts"]["data"] = [bank.body]
    body["capabilities"] = dict.fromkeys(body["capabilities"], "active")
    body.update(details_submitted=True, payouts_enabled=True, requirements=requirements())
    body["charges_enabled"] = bool(body["capabilities"])
    _report(work, account, previous)


def stop_payouts(work: Work, account: Record, reason: str) -> None:
    """Something more is wanted of the owner, or Stripe suspects something; transfers still arrive."""
    previous = _enablement(account.body)
    wanted = ("individual.verification.document",) if reason.startswith("requirements") else ()
    account.body.update(payouts_enabled=False, requirements=requirements(wanted, reason))
    _report(work, account, previous)


def _enablement(body: Body) -> Body:
    return {name: body[name] for name in ("capabilities", "charges_enabled", "details_submitted", "payouts_enabled",
                                          "requirements")}  # fmt: skip


def _report(work: Work, account: Record, before: Body) -> None:
    work.save(account)
    previous = {name: value for name, value in before.items() if value != account.body[name]}
    if previous:
        emit(work.of(account.id), "account.updated", account, previous)

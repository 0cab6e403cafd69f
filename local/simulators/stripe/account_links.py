"""`/v1/account_links`: the address of a page where an account's owner identifies themselves, once."""

from local.simulators.stripe import accounts
from local.simulators.stripe.errors import Body, invalid, missing_resource
from local.simulators.stripe.ids import random_letters
from local.simulators.stripe.parameter_kinds import Choice, Link, Text
from local.simulators.stripe.parameters import EXPAND, Group
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

CREATE = Group(
    {
        **EXPAND,
        "account": Text(),
        "collect": Choice("currently_due eventually_due"),
        "refresh_url": Link(),
        "return_url": Link(),
        "type": Choice("account_onboarding account_update"),
    },
    required=("account", "type"),
    unbuilt="collection_options",
)
_VALID_SECONDS = 300


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/account_links`. A new link takes the place of an older one."""
    account = work.get("account", params["account"], param="account")
    for name in ("refresh_url", "return_url"):
        if name not in params:
            raise invalid(f"The parameter {name} is required.", param=name, code="parameter_missing")
    link = {
        "token": random_letters(24),
        "expires_at": work.second + _VALID_SECONDS,
        "return_url": params["return_url"],
        "refresh_url": params["refresh_url"],
    }
    account.private["link"] = link
    work.save(account)
    return {
        "object": "account_link",
        "created": work.second,
        "expires_at": link["expires_at"],
        "url": f"{work.public_base}/onboarding/{account.id}/{link['token']}",
    }


def account_of(work: Work, identifier: str, token: str) -> tuple[Record, bool]:
    """The account of a link, and whether the link is still good. Raises a 404 for a link that never was."""
    account = work.at_path("account", identifier)
    link = account.private.get("link")
    if link is None:
        raise missing_resource("account link", identifier, in_path=True)
    return account, link["token"] == token and link["expires_at"] > work.now


def complete(work: Work, account: Record) -> str:
    """The owner has answered everything. Returns where they go from here."""
    link = account.private["link"]
    account.private["link"] = {**link, "token": None}
    accounts.enable(work, account)
    return str(link["return_url"])

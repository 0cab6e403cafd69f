"""How a connected account looks, before and after its owner has been identified."""

from typing import Any

from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id, random_letters
from local.simulators.stripe.listing import list_body
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_UNMET = ("business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip")
# What each old type of account means in the newer terms: payer of fees, bearer of losses, collector, dashboard.
_CONTROLLERS = {
    "standard": ("account", "stripe", "stripe", "full"),
    "express": ("application_express", "application", "stripe", "express"),
    "custom": ("application_custom", "application", "application", "none"),
}
_NOTHING_DUE: Body = {"currently_due": [], "errors": [], "past_due": [], "pending_verification": []}
_BUSINESS = (
    "annual_revenue", "estimated_worker_count", "mcc", "minority_owned_business_designation", "name",
    "product_description", "support_address", "support_email", "support_phone", "support_url", "url",
)  # fmt: skip


def account_body(work: Work, params: Body) -> Body:
    """An account that has told nothing yet: it can neither be paid nor pay out."""
    identifier = f"acct_{random_letters(16)}"
    return {
        "id": identifier,
        "object": "account",
        "business_profile": {**dict.fromkeys(_BUSINESS), **params.get("business_profile", {})},
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(_wanted_capabilities(params), "inactive"),
        "charges_enabled": False,
        "controller": _controller(params),
        "country": params.get("country", "US"),
        "created": work.second,
        "default_currency": params.get("default_currency", "usd"),
        "details_submitted": False,
        "email": params.get("email"),
        "external_accounts": list_body(f"/v1/accounts/{identifier}/external_accounts", [], has_more=False),
        "future_requirements": requirements(),
        "metadata": params.get("metadata", {}),
        "payouts_enabled": False,
        "requirements": requirements(_UNMET, "requirements.past_due"),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": params.get("type", "none" if "controller" in params else "standard"),
    }


def _wanted_capabilities(params: Body) -> list[str]:
    """The capabilities asked for; an account for which none were asked gets those of every platform's default."""
    wishes = params.get("capabilities", {"card_payments": {"requested": True}, "transfers": {"requested": True}})
    return [name for name, wish in wishes.items() if wish.get("requested")]


def requirements(due: tuple[str, ...] = (), disabled_reason: str | None = None) -> Body:
    """What is still wanted of the account; `disabled_reason` says why something is switched off."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled_reason,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _controller(params: Body) -> Body:
    payer, losses, collector, dashboard = _CONTROLLERS[params.get("type", "standard")]
    given = params.get("controller", {})
    return {
        "fees": {"payer": given.get("fees", {}).get("payer", payer)},
        "is_controller": True,
        "losses": {"payments": given.get("losses", {}).get("payments", losses)},
        "requirement_collection": given.get("requirement_collection", collector),
        "stripe_dashboard": {"type": given.get("stripe_dashboard", {}).get("type", dashboard)},
        "type": "application",
    }


def _settings() -> Body:
    descriptors = dict.fromkeys(("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji"))
    schedule: dict[str, Any] = {"delay_days": 2, "interval": "manual"}
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {"decline_on": {"avs_failure": False, "cvc_failure": False},
                          "statement_descriptor_prefix": None},
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": descriptors,
        "payouts": {"debit_negative_balances": False, "schedule": schedule, "statement_descriptor": None},
    }  # fmt: skip


def bank_account_body(account: Record) -> Body:
    """Where the account's payouts go, in whatever currency; fit for instant payouts."""
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account.id,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard", "instant"],
        "bank_name": "STRIPE TEST BANK",
        "country": account.body["country"],
        "currency": account.body["default_currency"],
        "default_for_currency": True,
        "fingerprint": "simulated6789",
        "future_requirements": _NOTHING_DUE,
        "last4": "6789",
        "metadata": {},
        "requirements": _NOTHING_DUE,
        "routing_number": "110000000",
        "status": "new",
    }

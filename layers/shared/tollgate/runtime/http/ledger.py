"""The ledger as admins see it: what they ask, and what they are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import to_iso
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.ledger.accounts import InvalidAccount, known
from tollgate.ledger.desk import TrialBalance
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balance, EntriesPage, EntriesWanted
from tollgate.runtime.http.queries import list_query

# An answer stays far below what API Gateway carries; sums are over all accounts, listed or not.
ACCOUNTS_SHOWN = 1000


def trial_balance_currency(parameters: Mapping[str, str]) -> str | None:
    """`GET /admin/ledger/trial-balance`: one currency, or all."""
    errors = [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - {"currency"})]
    asked = _currency(parameters, errors)
    if errors:
        raise ValidationFailed(errors)
    return asked


def entries_wanted(account: str, parameters: Mapping[str, str], viewer: Viewer, now: datetime) -> EntriesWanted:
    """`GET /admin/ledger/accounts/{account}/entries`: `currency`, and what every list takes."""
    errors: list[FieldError] = []
    try:
        named = known(unquote(account))
    except InvalidAccount as error:
        named = ""
        errors.append(FieldError("account", str(error)))
    currency = _currency(parameters, errors)
    query = list_query(parameters, viewer, now, also={"currency"}, errors=errors)
    return EntriesWanted(viewer.tenant, named, query.since, query.until, query.limit, currency, query.cursor)


def trial_balance(found: TrialBalance) -> dict[str, Any]:
    """Amounts are minor units; credit is positive. `balanced` says that each currency sums to zero."""
    totals = found.totals
    return {
        "asOf": to_iso(found.as_of),
        "balanced": found.balanced,
        "steady": found.steady,
        "currencies": [_currency_block(found, currency, totals[currency]) for currency in sorted(totals)],
        "notYetProjected": {
            "entries": found.lag.entries,
            "andMore": found.lag.more,
            "since": to_iso(found.lag.since) if found.lag.since else None,
        },
    }


def entries(account: str, page: EntriesPage) -> dict[str, Any]:
    """A page of an account's entries. A short page with a cursor is not the last."""
    return {
        "account": account,
        "entries": [_entry(each, account) for each in page.entries],
        "nextCursor": page.cursor,
    }


def _currency(parameters: Mapping[str, str], errors: list[FieldError]) -> str | None:
    asked = parameters.get("currency")
    if asked is not None and asked not in MINOR_DIGITS:
        errors.append(FieldError("currency", "an ISO 4217 code in capitals, such as USD"))
    return asked


def _currency_block(found: TrialBalance, currency: str, total: int) -> dict[str, Any]:
    ours = [each for each in found.balances if each.key.currency == currency]
    kinds: Counter[str] = Counter()
    for each in ours:
        kinds[each.key.account.partition(":")[0]] += each.amount
    return {
        "currency": currency,
        "total": total,
        "byKind": dict(sorted(kinds.items())),
        "accounts": [_account(each) for each in ours[:ACCOUNTS_SHOWN]],
        "accountsNotShown": max(0, len(ours) - ACCOUNTS_SHOWN),
    }


def _account(balance: Balance) -> dict[str, Any]:
    told: dict[str, Any] = {"account": balance.key.account, "balance": balance.amount, "postings": balance.postings}
    return told | ({"sales": dict(balance.sales)} if balance.sales else {})


def _entry(entry: JournalEntry, account: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "currency": entry.currency,
        "amount": next(posting.amount for posting in entry.postings if posting.account == account),
        "postings": [{"account": posting.account, "amount": posting.amount} for posting in entry.postings],
        "subject": {"type": entry.subject_type, "id": entry.subject_id},
        "seller": entry.seller,
        "reverses": entry.reverses,
        "occurredAt": to_iso(entry.occurred_at),
    }

"""The books, for admins."""

from __future__ import annotations

from contract.http.admin import FOR_ADMINS
from contract.http.reconciliation import Subject
from contract.operations import CURRENCY, LISTED, STRETCH, Operation, Parameter
from contract.shapes import Amount, Answer, Currency, Instant, may_be_absent


class Account(Answer):
    """One account. `sales` are what a seller sold, by month (`2026_11`); other accounts have none."""

    account: str
    balance: Amount
    postings: int
    sales: dict[str, Amount] = may_be_absent()


class CurrencyBlock(Answer):
    """The accounts of one currency. The total is over all of them, listed or not, and zero."""

    currency: Currency
    total: Amount
    by_kind: dict[str, Amount]
    accounts: list[Account]
    accounts_not_shown: int


class NotYetProjected(Answer):
    """Entries that the balances do not hold yet."""

    entries: int
    and_more: bool
    since: Instant | None


class TrialBalance(Answer):
    """Credit is positive. `steady` false: accounts changed while they were read, so that a sum which is off proves
    nothing.
    """

    as_of: Instant
    balanced: bool
    steady: bool
    currencies: list[CurrencyBlock]
    not_yet_projected: NotYetProjected


class Posting(Answer):
    """What an entry does to one account; credit is positive."""

    account: str
    amount: Amount


class Entry(Answer):
    """A journal entry, never changed. `amount` is what it does to the account that was asked for."""

    id: str
    kind: str
    currency: Currency
    amount: Amount
    postings: list[Posting]
    subject: Subject
    seller: str | None
    reverses: str | None
    occurred_at: Instant


class Entries(Answer):
    """A page, newest first. A short page with a cursor is not the last."""

    account: str
    entries: list[Entry]
    next_cursor: str | None


OPERATIONS = (
    Operation(
        "GET /admin/ledger/trial-balance",
        "showTrialBalance",
        "Ledger",
        "Prove that everything sums to zero",
        {200: TrialBalance},
        FOR_ADMINS,
        query=(CURRENCY,),
    ),
    Operation(
        "GET /admin/ledger/accounts/{account}/entries",
        "listAccountEntries",
        "Ledger",
        "List what moved an account",
        {200: Entries},
        FOR_ADMINS,
        raises=LISTED,
        path=(Parameter("account", "Its name in the chart of accounts, such as `seller_pending:ven_1`."),),
        query=(*STRETCH, CURRENCY),
    ),
)

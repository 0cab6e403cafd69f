"""Segpay's services: a price for a page, refunds, and the reports in which its transactions can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.segpay.account import Account, account_of
from tollgate.adapters.providers.segpay.amounts import to_segpay
from tollgate.adapters.providers.segpay.answers import NotUnderstood, rows_of, text_of
from tollgate.adapters.providers.segpay.errors import NO_CREDENTIALS, NOT_UNDERSTOOD, CallFailed
from tollgate.adapters.providers.segpay.references import reference_keys
from tollgate.adapters.providers.segpay.schedule import Schedule
from tollgate.adapters.providers.segpay.told import FIELDS, Told, told_of
from tollgate.adapters.providers.segpay.transport import Transport
from tollgate.checkout.ports import UNREAD
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.money import Money
from tollgate.kernel.secrets import Secrets

# Encoded bytes, or a number of several words: nothing that could be a sentence.
_PRICE_ID = re.compile(r"[A-Za-z0-9+/=_-]{16,200}")
_PRICE_NAMES = ("dynamicpricingid", "dynamicrecurringid", "id")
# Which columns its reports have is published nowhere; these are the words that its other interfaces use.
_COLUMNS = {
    "transid": "tranid", "transactionid": "tranid", "relatedtransid": "relatedtranid", "transtype": "trantype",
    "transactiontype": "trantype", "transamount": "price", "amount": "price", "currency": "currencycode",
    "transdate": "transtime", "transactiondate": "transtime", "authorized": "approved", "transstage": "stage",
    "recurringamount": "rval", "recurringlength": "rint", "initialamount": "ival", "initiallength": "iint",
}  # fmt: skip
# In which zone a report's day begins is not known: a day more on either side has all of it.
_A_DAY = timedelta(days=1)


class Srs:
    """Stateless but for its connections and the secrets that are read anew each time."""

    def __init__(self, secrets: Secrets, *, stand_in: str = "") -> None:
        self._secrets = secrets
        self._stand_in = stand_in.rstrip("/")
        self._transport = Transport()

    def account(self) -> Account:
        """`CallFailed` without one."""
        found = account_of(self._secret("segpay/api"), self._stand_in)
        if found is None:
            raise CallFailed(NO_CREDENTIALS)
        return found

    def reference_keys(self) -> tuple[str, ...]:
        """The keys that prove our echo; the first makes new proofs. `CallFailed` without any."""
        keys = reference_keys(self._secret("segpay/webhook"))
        if not keys:
            raise CallFailed(NO_CREDENTIALS)
        return keys

    def _secret(self, name: str) -> Mapping[str, Any]:
        try:
            return self._secrets.get(name)
        except StoreUnavailable as error:
            raise CallFailed(UNREAD) from error

    def price_id(self, account: Account, money: Money) -> str:
        """What lets a page take just this amount. Asked for twice, there are two, and nobody has seen the first."""
        body = self._transport.get(
            f"{account.srs}/MerchantServices/DynamicPricing/",
            {"merchantId": account.merchant_id, "amount": to_segpay(money)},
            basic=f"{account.user_id}:{account.access_key}",
        )
        return _price_id_of(body)

    def recurring_id(self, account: Account, schedule: Schedule) -> str:
        """The same for what is charged again."""
        body = self._transport.get(
            f"{account.srs}/MerchantServices/DynamicRecurring",
            {
                "MerchantID": account.merchant_id,
                "InitialAmount": to_segpay(schedule.first),
                "InitialLength": str(schedule.first_days),
                "RecurringAmount": to_segpay(schedule.later),
                "RecurringLength": str(schedule.later_days),
            },
            basic=f"{account.user_id}:{account.access_key}",
        )
        return _price_id_of(body)

    def refund(self, transaction: str, reason: str) -> str:
        """What it says to giving all of a sale back, which is a text whatever becomes of it."""
        return self.act("RefundTransaction", {"TransID": transaction, "RefundReason": reason})

    def act(self, method: str, asked: Mapping[str, str]) -> str:
        """What its consumer support says to a wish."""
        body = self._ask(self.account(), f"ADM.asmx/{method}", asked)
        return _understood(lambda: text_of(body))

    def transaction(self, transaction: str) -> list[Told]:
        """All that is listed under one transaction: itself, and what has happened to it."""
        return self._listed("MWS.asmx/TransactionByTransID", {"TransID": transaction})

    def purchase(self, purchase: str) -> list[Told]:
        """All that is listed of a membership: what was charged, or could not be, and what was given back."""
        return self._listed("MWS.asmx/TransactionByPurchaseID", {"PurchaseID": purchase})

    def members(self, method: str, since: datetime, until: datetime) -> frozenset[str]:
        """The memberships of a list, by their purchase. `CallFailed` where it does not say which."""
        account = self.account()
        body = self._ask(account, f"MWS.asmx/{method}", {"BegDate": _day(since), "EndDate": _day(until), "URLID": ""})
        named = [_by_our_names(row, account.columns) for row in _understood(lambda: rows_of(body))]
        if not all(row.get("purchaseid", "").strip() for row in named):
            raise CallFailed(NOT_UNDERSTOOD)
        return frozenset(row["purchaseid"].strip() for row in named)

    def transactions(self, since: datetime, until: datetime) -> list[Told]:
        """All of these days, and a little more."""
        days = {"BegDate": _day(since - _A_DAY), "EndDate": _day(until + _A_DAY)}
        return self._listed("MWS.asmx/TransactionsList_V3", {"TransID": "", **days, "URLID": ""})

    def _listed(self, method: str, asked: Mapping[str, str]) -> list[Told]:
        account = self.account()
        body = self._ask(account, method, asked)
        return [_told(row, account.columns) for row in _understood(lambda: rows_of(body))]

    def _ask(self, account: Account, method: str, asked: Mapping[str, str]) -> bytes:
        who = {"UserID": account.user_id, "UserAccessKey": account.access_key}
        return self._transport.get(f"{account.srs}/{method}", {**who, **asked})


def _told(row: Mapping[str, str], named: Mapping[str, str]) -> Told:
    """A row that says nothing of an action is an authorisation, as a postback would call it."""
    by_name = _by_our_names(row, named)
    return told_of({"action": "auth"} | {name: text for name, text in by_name.items() if name in FIELDS})


def _by_our_names(row: Mapping[str, str], named: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): text for name, text in row.items()}
    return {named.get(name, _COLUMNS.get(name, name)): text for name, text in lowered.items()}


def _price_id_of(body: bytes) -> str:
    found = _understood(lambda: text_of(body, _PRICE_NAMES))
    if not _PRICE_ID.fullmatch(found):
        raise CallFailed(NOT_UNDERSTOOD)
    return found


def _understood[T](read: Callable[[], T]) -> T:
    try:
        return read()
    except NotUnderstood:
        raise CallFailed(NOT_UNDERSTOOD) from None


def _day(instant: datetime) -> str:
    return instant.strftime("%m%d%Y")

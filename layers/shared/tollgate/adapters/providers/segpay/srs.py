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
from tollgate.adapters.providers.segpay.told import FIELDS, Told, told_of
from tollgate.adapters.providers.segpay.transport import Transport
from tollgate.checkout.ports import UNREAD
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.money import Money
from tollgate.kernel.secrets import Secrets

# Encoded bytes, or a number of several words: nothing that could be a sentence.
_PRICE_ID = re.compile(r"[A-Za-z0-9+/=_-]{16,200}")
_PRICE_NAMES = ("dynamicpricingid", "id")
# Which columns its reports have is published nowhere; these are the words that its other interfaces use.
_COLUMNS = {
    "transid": "tranid", "transactionid": "tranid", "relatedtransid": "relatedtranid", "transtype": "trantype",
    "transactiontype": "trantype", "transamount": "price", "amount": "price", "currency": "currencycode",
    "transdate": "transtime", "transactiondate": "transtime", "authorized": "approved",
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
        found = _understood(lambda: text_of(body, _PRICE_NAMES))
        if not _PRICE_ID.fullmatch(found):
            raise CallFailed(NOT_UNDERSTOOD)
        return found

    def refund(self, transaction: str, reason: str) -> str:
        """What it says to giving all of a sale back, which is a text whatever becomes of it."""
        asked = {"TransID": transaction, "RefundReason": reason}
        body = self._ask(self.account(), "ADM.asmx/RefundTransaction", asked)
        return _understood(lambda: text_of(body))

    def transaction(self, transaction: str) -> list[Told]:
        """All that is listed under one transaction: itself, and what has happened to it."""
        return self._listed("MWS.asmx/TransactionByTransID", {"TransID": transaction})

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
    by_name = {named.get(name, _COLUMNS.get(name, name)): text for name, text in _lowered(row).items()}
    return told_of({"action": "auth"} | {name: text for name, text in by_name.items() if name in FIELDS})


def _lowered(row: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in row.items()}


def _understood[T](read: Callable[[], T]) -> T:
    try:
        return read()
    except NotUnderstood:
        raise CallFailed(NOT_UNDERSTOOD) from None


def _day(instant: datetime) -> str:
    return instant.strftime("%m%d%Y")

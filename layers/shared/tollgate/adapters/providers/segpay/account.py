"""The account at Segpay, as the operator describes it in the secret `segpay/api`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tollgate.adapters.providers.segpay.schedule import PERIOD_DAYS

PAY_PAGE, SRS = "https://secure2.segpay.com/billing/poset.cgi", "https://srs.segpay.com"
_SEGPAYS_OWN = re.compile(r"https://(?:[a-z0-9-]+\.)+segpay\.com(?:/[A-Za-z0-9._~-]+)*/?")
_MOST_DAYS = 732
_PACKAGE = re.compile(r"[0-9]{1,12}:[0-9]{1,12}")
# How the page looks. All else in its address is ours, and what it takes depends on it.
_LOOKS = ("template", "paypagelanguage", "dmcurrency", "pplist", "CrossSaleOff", "merchantpartnerid")


@dataclass(frozen=True, slots=True)
class Account:
    """`packages` are package and price point by currency: at Segpay the price point decides in which currency is paid.
    `recurring` are those with a dynamic recurring price, `period_days` how long it is told that a month or a year is.
    `columns` are names of ours by Segpay's, where its reports name a column as nobody has told us; `settled_after` how
    long after a sale it pays out, which no call of it tells.
    """

    merchant_id: str
    user_id: str
    access_key: str = field(repr=False)
    packages: Mapping[str, str]
    recurring: Mapping[str, str]
    period_days: Mapping[str, int]
    pay_page: str
    srs: str
    looks: Mapping[str, str]
    columns: Mapping[str, str]
    settled_after: timedelta | None


def account_of(secret: Mapping[str, Any], stand_in: str = "") -> Account | None:
    """None while the secret is not filled, or filled wrongly. `stand_in` takes the place of both of Segpay's hosts."""
    merchant, user, key = (_text(secret.get(name)) for name in ("merchant_id", "user_id", "user_access_key"))
    pay_page, srs = _text(secret.get("pay_page")) or PAY_PAGE, _text(secret.get("srs")) or SRS
    if not (merchant and user and key and _SEGPAYS_OWN.fullmatch(pay_page) and _SEGPAYS_OWN.fullmatch(srs)):
        return None
    days = secret.get("settled_after_days")
    return Account(
        merchant_id=merchant,
        user_id=user,
        access_key=key,
        packages=_packages(secret.get("eticket_ids")),
        recurring=_packages(secret.get("recurring_eticket_ids")),
        period_days={**PERIOD_DAYS, **_days(secret.get("period_days"))},
        pay_page=f"{stand_in}/billing/poset.cgi" if stand_in else pay_page,
        srs=stand_in or srs.rstrip("/"),
        looks={name: text for name, text in _texts(secret.get("page")).items() if name in _LOOKS},
        columns={text.lower(): name for name, text in _texts(secret.get("report_columns")).items()},
        settled_after=timedelta(days=days) if type(days) is int and 0 < days <= 365 else None,
    )


def is_package(text: str) -> bool:
    """Whether it is a package and a price point."""
    return _PACKAGE.fullmatch(text) is not None


def _packages(value: object) -> dict[str, str]:
    return {name: text for name, text in _texts(value).items() if is_package(text)}


def _days(value: object) -> dict[str, int]:
    """Of periods that we know, as many as a period can have."""
    found = value.items() if isinstance(value, dict) else ()
    return {name: days for name, days in found if name in PERIOD_DAYS and type(days) is int and 0 < days <= _MOST_DAYS}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {str(name): _text(text) for name, text in value.items() if _text(text)} if isinstance(value, dict) else {}

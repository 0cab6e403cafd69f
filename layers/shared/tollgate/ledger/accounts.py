"""The chart of accounts: every name under which an amount can stand. An account is a name within a tenant and a
currency; those of somebody or something carry its id, `seller_pending:ven_1`.
"""

from __future__ import annotations

import re

from tollgate.kernel.errors import TollgateError

PLATFORM_FEES = "platform_fees"  # income: what we keep of sales and payouts
PROVIDER_FEES = "provider_fees"  # expense: what providers keep
GIFT_CARD_LIABILITY = "gift_card_liability"
GIFT_CARDS_DISPUTED = "gift_cards_disputed"  # owed on cards again, if their buyers' banks give the money up
BREAKAGE = "breakage"  # income: what was left on gift cards that have expired
PAYOUTS_IN_TRANSIT = "payouts_in_transit"
DISPUTES = "disputes"  # what buyers' banks have taken back and may still give up
GAS = "gas"
UNALLOCATED = "unallocated"  # money that came and belongs to no sale: late, twice, or a wrong amount

# A sale without a seller is the tenant's own.
OWN_SALES = "tenant"

_PENDING, _AVAILABLE, _RESERVED = "seller_pending", "seller_available", "seller_reserved"
_OF_SELLERS = frozenset({_PENDING, _AVAILABLE, _RESERVED})
_OF_SOMETHING = _OF_SELLERS | {"provider_clearing", "taxes_payable", "escrow", "customer_credit", "royalties"}
_OF_GIFT_CARDS = frozenset({GIFT_CARD_LIABILITY, GIFT_CARDS_DISPUTED, BREAKAGE})
_ALONE = _OF_GIFT_CARDS | {PLATFORM_FEES, PROVIDER_FEES, PAYOUTS_IN_TRANSIT, DISPUTES, GAS, UNALLOCATED}
# Part of keys and addresses: no separator of ours, nothing that needs escaping.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class InvalidAccount(TollgateError):
    """Not a name of the chart, or an id that cannot be part of one."""

    code = "ACCOUNT_INVALID"


def provider_clearing(provider: str) -> str:
    """Asset: what the provider holds for us, so negative."""
    return _of("provider_clearing", provider)


def taxes_payable(jurisdiction: str) -> str:
    """What we collected for a tax authority."""
    return _of("taxes_payable", jurisdiction)


def seller_pending(seller: str) -> str:
    """Sold, and not yet paid out to us by the provider."""
    return _of(_PENDING, seller)


def seller_available(seller: str) -> str:
    """What the seller may be paid now."""
    return _of(_AVAILABLE, seller)


def seller_reserved(seller: str) -> str:
    """Held back against refunds and disputes."""
    return _of(_RESERVED, seller)


def escrow(id_: str) -> str:
    """Paid, and belonging to nobody before the transfer is confirmed."""
    return _of("escrow", id_)


def customer_credit(customer: str) -> str:
    """What a customer may spend with us."""
    return _of("customer_credit", customer)


def royalties(recipient: str) -> str:
    """What a creator is owed from resales."""
    return _of("royalties", recipient)


def known(account: str) -> str:
    """The name, if it is one of the chart; raises `InvalidAccount`."""
    family, separator, id_ = account.partition(":")
    if separator:
        if family not in _OF_SOMETHING:
            raise InvalidAccount(f"{family[:64]!r} is no account of somebody")
        return _of(family, id_)
    if account not in _ALONE:
        raise InvalidAccount(f"{account[:64]!r} is no account")
    return account


def seller_of(account: str) -> str | None:
    """Whose account it is, if it is a seller's."""
    family, _, id_ = account.partition(":")
    return id_ if family in _OF_SELLERS else None


def _of(family: str, id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise InvalidAccount(f"{id_[:64]!r} cannot name an account of {family}")
    return f"{family}:{id_}"

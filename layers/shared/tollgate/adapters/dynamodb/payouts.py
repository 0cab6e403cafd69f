"""Payouts on the core table, and each seller's daily limit on the balance that it is taken from."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

from pynamodb.expressions.operand import Path

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.items import BalanceItem, PayoutItem
from tollgate.adapters.dynamodb.ledger import DynamoBalances, overdrawn, write_change
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.accounts import seller_available
from tollgate.ledger.balances import AccountKey, Change
from tollgate.ledger.ports import Balances
from tollgate.payments.errors import InvalidCursor
from tollgate.payouts.errors import DailyLimitExceeded, PayoutChanged, PayoutExists
from tollgate.payouts.model import Payout, PayoutState
from tollgate.payouts.ports import LimitedBalances, PayoutRepository, PayoutsPage

# Before and past every place in a list: places begin with a year.
_START, _END = "0", "9999"
_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64}", re.ASCII)
# Days that are swept off a balance when a new one is counted. Not yesterday: clocks disagree around midnight.
_FORGOTTEN = range(2, 16)


class DynamoPayouts(PayoutRepository):
    """A payout is one item, with its events beside it."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Payout | None:
        raw = self._core.get(keys.payout(tenant, id_))
        return _from_item(raw) if raw else None

    def create(self, payout: Payout, event: Event) -> tuple[Write, ...]:
        absent = PayoutItem.pk.does_not_exist()
        return (self._core.put(_to_item(payout), absent, _taken), event_items.append(self._core, event))

    def update(self, payout: Payout, event: Event) -> tuple[Write, ...]:
        as_before = PayoutItem.version == payout.version - 1
        return (self._core.put(_to_item(payout), as_before, _changed), event_items.append(self._core, event))

    def note(self, payout: Payout) -> Write:
        return self._core.put(_to_item(payout), PayoutItem.version == payout.version, _changed)

    def look_again(self, payout: Payout, at: datetime) -> Write:
        later = [PayoutItem.due_at.set(epoch(at))]
        unchanged = (PayoutItem.version == payout.version) & PayoutItem.due.exists()
        return self._core.update(keys.payout(payout.tenant, payout.id), later, unchanged, _changed)

    def list(self, tenant: str, seller: str, *, limit: int, cursor: str | None) -> PayoutsPage:
        place = keys.payouts_of(tenant, seller)
        upper = _decode(cursor, place) if cursor else _END
        raws = self._core.query_index("by_owner", "owner_key", place, _START, upper, limit + 1)
        after = raws[limit - 1]["listed_at"]["S"] if len(raws) > limit else None
        return PayoutsPage(tuple(map(_from_item, raws[:limit])), _encode(place, after) if after else None)


class DynamoLimitedBalances(LimitedBalances):
    """What was paid out on a day is an attribute of the seller's available balance."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def counting(self, day: date, limit: int) -> Balances:
        return _Counting(self._core, day, limit)

    def restore(self, tenant: str, currency: str, seller: str, day: date, amount: int) -> Write:
        balance = keys.balance(tenant, currency, seller_available(seller))
        paid = Path(_paid_on(day))
        # A day that is forgotten comes to zero.
        less = paid.set((paid | amount) - amount)
        return self._core.update(balance, [less], BalanceItem.pk.exists(), _gone)


class _Counting(Balances):
    def __init__(self, core: Table, day: date, limit: int) -> None:
        self._core = core
        self._plain = DynamoBalances(core)
        self._day = day
        self._limit = limit

    def get(self, tenant: str, currency: str, accounts: Collection[str]) -> Mapping[str, int]:
        return self._plain.get(tenant, currency, accounts)

    def credit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        return self._plain.credit(tenant, currency, account, amount)

    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        if not 0 < amount <= self._limit:
            raise DailyLimitExceeded(self._limit, 0) if amount > 0 else ValueError(f"{amount} cannot be taken")
        paid = Path(_paid_on(self._day))
        within = (BalanceItem.amount >= amount) & (paid.does_not_exist() | (paid <= self._limit - amount))
        swept = [Path(_paid_on(self._day - timedelta(days=ago))).remove() for ago in _FORGOTTEN]

        def refused(raw: Raw | None) -> Exception:
            spent = int(raw.get(_paid_on(self._day), {"N": "0"})["N"]) if raw else 0
            return (
                DailyLimitExceeded(self._limit, spent)
                if spent + amount > self._limit
                else overdrawn(account, amount, raw)
            )

        key, taken = AccountKey(tenant, currency, account), Change(-amount, 1, None)
        return write_change(self._core, key, taken, within, refused, [paid.add(amount), *swept])


def _paid_on(day: date) -> str:
    return f"paid_{day:%Y_%m_%d}"


def _to_item(payout: Payout) -> PayoutItem:
    pk, sk = keys.payout(payout.tenant, payout.id)
    due_at = payout.due_at
    return PayoutItem(
        pk=pk,
        sk=sk,
        kind="payout",
        owner_key=keys.payouts_of(payout.tenant, payout.seller),
        listed_at=keys.listed_at(payout.created_at, payout.id),
        amount=payout.amount,
        fee=payout.fee,
        currency=payout.currency,
        instant=payout.instant,
        provider=payout.provider,
        account=payout.account,
        state=payout.state.value,
        version=payout.version,
        updated_at=to_iso(payout.updated_at),
        transfer=payout.transfer,
        reference=payout.reference,
        reason=payout.reason,
        returned=payout.returned or None,
        due=keys.due_shard_of(pk) if due_at else None,
        due_at=epoch(due_at) if due_at else None,
    )


def _from_item(raw: Raw) -> Payout:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    _, tenant, id_ = text["pk"].split("#")
    return Payout(
        id=id_,
        tenant=tenant,
        seller=text["owner_key"].split("#")[3],
        amount=int(raw["amount"]["N"]),
        fee=int(raw["fee"]["N"]),
        currency=text["currency"],
        instant=bool(raw["instant"]["BOOL"]),
        provider=text["provider"],
        account=text["account"],
        state=PayoutState(text["state"]),
        version=int(raw["version"]["N"]),
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        updated_at=from_iso(text["updated_at"]),
        transfer=text.get("transfer"),
        reference=text.get("reference"),
        reason=text.get("reason"),
        returned="returned" in raw,
    )


def _taken(raw: Raw | None) -> Exception:
    return PayoutExists(_from_item(raw)) if raw else LookupError("the payout is gone")


def _changed(raw: Raw | None) -> Exception:
    return PayoutChanged(_from_item(raw)) if raw else LookupError("the payout is gone")


def _gone(_: Raw | None) -> Exception:
    return LookupError("the balance is gone that a payout was taken from")


def _encode(place: str, after: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([place, after]).encode()).decode().rstrip("=")


def _decode(cursor: str, place: str) -> str:
    try:
        of, after = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(after) is not None
        datetime.fromisoformat(after[:10]).replace(tzinfo=UTC)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or of != place:
        raise InvalidCursor("cursor belongs to another list")
    return str(after)

"""Gift cards on the core table, the guesses that failed, and customers' credit."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import event_items, failures, keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.gift_card_items import CreditItem, GiftCardItem, GuessesItem
from tollgate.adapters.dynamodb.gift_card_mapping import from_item, guesses_from_item, to_item
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.gift_cards.errors import CodeTaken, GiftCardChanged, InsufficientCredit
from tollgate.gift_cards.guessing import FORGOTTEN_AFTER, WINDOW, GuessCount, limit_of
from tollgate.gift_cards.model import AGGREGATE, CardChange, GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository, Guesses, HistoryPage, Seen
from tollgate.kernel.clock import epoch, to_milliseconds
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import InvalidCursor

CREDIT, GUESSES = "credit", "guesses"
_ABSENT, _AS_BEFORE = Prepared(Item.pk.does_not_exist()), Prepared(GiftCardItem.version == 0)
# A count begins anew, or goes on: whoever is refused one finds the other, unless the count has just changed over.
_TRIES = 4
# Past the last event of any card, whose numbers have ten digits.
_PAST = 10**10 - 1


class DynamoGiftCards(GiftCardRepository):
    """A card is one item, with its events beside it."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> GiftCard | None:
        raw = self._core.get(keys.gift_card(tenant, id_))
        return from_item(raw) if raw else None

    def look(self, tenant: str, ids: Sequence[str], doors: Sequence[str]) -> Seen:
        wanted = [keys.gift_card(tenant, id_) for id_ in ids] + [keys.guesses(tenant, door) for door in doors]
        found = self._core.get_all(wanted, consistent=True)
        cards = [from_item(raw) for raw in found if raw["kind"]["S"] != GUESSES]
        counts = [guesses_from_item(raw) for raw in found if raw["kind"]["S"] == GUESSES]
        return Seen({each.id: each for each in cards}, {each.door: each for each in counts})

    def create(self, change: CardChange) -> tuple[Write, ...]:
        put = self._core.put(to_item(change.card), _ABSENT.holding(), _taken)
        return (put, event_items.append(self._core, change.event))

    def update(self, change: CardChange) -> tuple[Write, ...]:
        as_before = _AS_BEFORE.holding(change.card.version - 1)
        put = self._core.put(to_item(change.card), as_before, _changed)
        return (put, event_items.append(self._core, change.event))

    def look_again(self, card: GiftCard, at: datetime | None) -> Write:
        never = [GiftCardItem.due.remove(), GiftCardItem.due_at.remove()]
        later = [GiftCardItem.due_at.set(epoch(at))] if at else never
        unchanged = (GiftCardItem.version == card.version) & GiftCardItem.due.exists()
        return self._core.update(keys.gift_card(card.tenant, card.id), later, unchanged, _changed)

    def history(self, tenant: str, id_: str, *, limit: int, cursor: str | None) -> HistoryPage:
        upper = _decode(cursor, tenant, id_) - 1 if cursor else _PAST
        pk, last = keys.event(tenant, AGGREGATE, id_, upper)
        _, first = keys.event(tenant, AGGREGATE, id_, 0)
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        events = [json.loads(raw["body"]["S"]) for raw in self._core.call("Query", request)["Items"]]
        more = bool(events) and events[-1]["sequence"] > 1
        return HistoryPage(tuple(events), _encode(tenant, id_, events[-1]["sequence"]) if more else None)


class DynamoGuesses(Guesses):
    """A counter is added to, so that failures at once are all counted. One whose answer was lost may count twice."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def note(self, tenant: str, doors: Sequence[str], now: datetime) -> Mapping[str, GuessCount]:
        return {door: self._noted(tenant, door, now) for door in doors}

    def _noted(self, tenant: str, door: str, now: datetime) -> GuessCount:
        at = to_milliseconds(now)
        kept = [GuessesItem.last.set(at), Item.ttl.set(epoch(now + FORGOTTEN_AFTER)), Item.kind.set(GUESSES)]
        one_more = [*kept, GuessesItem.failures.add(1)]
        first = [*kept, GuessesItem.failures.set(1), GuessesItem.since.set(at)]
        goes_on = _continues(limit_of(door), now)
        begins = Item.pk.does_not_exist() | ~goes_on
        for _ in range(_TRIES):
            for actions, condition in ((one_more, goes_on), (first, begins)):
                raw = self._counted(keys.guesses(tenant, door), actions, condition)
                if raw is not None:
                    return guesses_from_item(raw)
        raise ConcurrentChange(f"the guesses at {door} change too fast")

    def _counted(self, key: keys.Key, actions: Sequence[Action], condition: Condition) -> Raw | None:
        request = {**self._core.update(key, actions, condition, _never).request, "ReturnValues": "ALL_NEW"}
        try:
            counted: Raw = self._core.call("UpdateItem", request)["Attributes"]
        except ClientError as error:
            if failures.code_of(error) != "ConditionalCheckFailedException":
                raise
            return None
        return counted


class DynamoCredits(Credits):
    """A customer's credit in a currency is one item."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, currency: str, customer: str) -> int:
        raw = self._core.get(keys.credit(tenant, currency, customer))
        return _available(raw)

    def add(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be given")
        given = [Item.kind.set(CREDIT), CreditItem.available.add(amount)]
        ours = Item.pk.does_not_exist() | (Item.kind == CREDIT)
        return self._core.update(keys.credit(tenant, currency, customer), given, ours, _never)

    def take(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be taken")
        taken = [CreditItem.available.add(-amount)]

        def refused(raw: Raw | None) -> Exception:
            return InsufficientCredit(amount, _available(raw))

        enough = CreditItem.available >= amount
        return self._core.update(keys.credit(tenant, currency, customer), taken, enough, refused)


def _continues(limit: int, now: datetime) -> Condition:
    """As `GuessCount.continues`."""
    blocked = (GuessesItem.failures >= limit) & (GuessesItem.last > to_milliseconds(now - FORGOTTEN_AFTER))
    counting = (GuessesItem.failures < limit) & (GuessesItem.since > to_milliseconds(now - WINDOW))
    either: Condition = blocked | counting
    return either


def _available(raw: Raw | None) -> int:
    return int(raw["available"]["N"]) if raw else 0


def _taken(raw: Raw | None) -> Exception:
    return CodeTaken(from_item(raw)) if raw else LookupError("the gift card is gone")


def _changed(raw: Raw | None) -> Exception:
    return GiftCardChanged(from_item(raw)) if raw else LookupError("the gift card is gone")


def _never(raw: Raw | None) -> Exception:
    return ConcurrentChange(f"something else stands where credit should be: {raw}")


def _encode(tenant: str, id_: str, sequence: int) -> str:
    text = json.dumps([tenant, id_, sequence], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, tenant: str, id_: str) -> int:
    try:
        *of, sequence = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if of != [tenant, id_] or type(sequence) is not int or not 1 < sequence <= _PAST:
        raise InvalidCursor("cursor belongs to another list")
    return sequence

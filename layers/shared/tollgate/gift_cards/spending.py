"""Spending a card by its code: some of it at a sale of the tenant's own, or all of it for credit.

One read and one transaction: the idempotency record is born finished, with the answer, beside the card, its event and
its entry in the books. So a request that dies was made, or was not, and there is nothing to resume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tollgate.gift_cards import answers
from tollgate.gift_cards.errors import GiftCardChanged
from tollgate.gift_cards.looking import Asker, GiftCardLookup
from tollgate.gift_cards.model import CardChange, GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository, customer_of
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, FieldError, Forbidden, TollgateError, ValidationFailed
from tollgate.kernel.idempotency import (
    AlreadyBegun,
    IdempotencyKeyReused,
    IdempotencyRecord,
    IdempotencyRepository,
    Response,
    answer_or_resume,
    fingerprint,
    record_id,
)
from tollgate.kernel.ids import derived
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.ledger import rules_of_gift_cards as rules
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import EntryExists, Journal

USE, REDEEM = "gift_card.use", "gift_card.redeem"
# Each loss means that somebody else has spent some of the card.
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class UseGiftCard:
    """A wish to spend `amount` minor units; `currency` is checked where it is given. `body` tells the same wish from
    another under one key; where it holds the code, the card's id takes its place before anything is stored of it.
    """

    asker: Asker
    code: str
    key: str
    body: Mapping[str, object]
    amount: int
    currency: str | None = None
    reference: str | None = None
    trace: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.asker.tenant, self.asker.caller, USE, self.key)

    @property
    def use_id(self) -> str:
        """The same for every try, however late: what it names is done once."""
        return derived("use", *self.scope)


@dataclass(frozen=True, slots=True)
class RedeemGiftCard:
    """A user's wish to have all that is available as credit."""

    asker: Asker
    code: str
    key: str
    body: Mapping[str, object]
    trace: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.asker.tenant, self.asker.caller, REDEEM, self.key)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a wish makes of a card: all of it stored together, and the answer."""

    change: CardChange
    response: Response
    entry: JournalEntry | None
    beside: Sequence[Write] = ()


# What becomes of the card as it stands; raises what refuses it.
type Decide = Callable[[GiftCard], Spent]


class GiftCardSpending:
    """`vote_multiplier` is votes for each whole unit of the currency."""

    def __init__(
        self,
        *,
        lookup: GiftCardLookup,
        cards: GiftCardRepository,
        credit: Credits,
        journal: Journal,
        idempotency: IdempotencyRepository,
        unit_of_work: UnitOfWork,
        clock: Clock,
        vote_multiplier: int,
    ) -> None:
        self._lookup = lookup
        self._cards = cards
        self._credits = credit
        self._journal = journal
        self._idempotency = idempotency
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._vote_multiplier = vote_multiplier

    def use(self, wish: UseGiftCard) -> Response:
        """Spend some of it, or answer what an earlier request with this key was answered.

        Raises what `GiftCardLookup.find` and `GiftCard.spendable` do, `InsufficientGiftCardBalance`, `ValidationFailed`
        for the amount or the currency, `IdempotencyKeyReused`, and `ConcurrentChange`.
        """
        if wish.amount <= 0:
            raise ValidationFailed([FieldError("amount", "at least 1 minor unit")])
        card = self._lookup.find(wish.asker, wish.code)
        record = _record(wish, card, self._clock.now())
        try:
            return self._spend(card, record, lambda current: self._used(wish, current))
        except EntryExists as done:
            return self._done_long_ago(wish, done.entry)

    def redeem(self, wish: RedeemGiftCard) -> Response:
        """Give all that is available to the user as credit, or answer as before. Raises as `use`, and `Forbidden` where
        nobody is named to give it to.
        """
        user = wish.asker.user
        if user is None:
            raise Forbidden("a gift card is redeemed by a user")
        card = self._lookup.find(wish.asker, wish.code)
        record = _record(wish, card, self._clock.now())
        return self._spend(card, record, lambda current: self._redeemed(user, wish.trace, current))

    def _spend(self, card: GiftCard, record: IdempotencyRecord, decide: Decide) -> Response:
        for _ in range(MAX_ATTEMPTS):
            try:
                spent = decide(card)
            except TollgateError:
                # What this very request has spent before may be why nothing is left now.
                before = self._idempotency.get(record.id)
                if before is None:
                    raise
                return _replayed(before, record)
            try:
                self._unit_of_work.commit(*self._writes(record, spent))
            except AlreadyBegun as taken:
                return _replayed(taken.record, record)
            except GiftCardChanged as changed:
                card = changed.card
            else:
                return spent.response
        raise ConcurrentChange(f"{card.id} changes too fast")

    def _writes(self, record: IdempotencyRecord, spent: Spent) -> Sequence[Write]:
        finished = record.finished(spent.response, spent.change.card.updated_at)
        posted = [self._journal.append(spent.entry)] if spent.entry else []
        return [self._idempotency.begin(finished), *self._cards.update(spent.change), *posted, *spent.beside]

    def _used(self, wish: UseGiftCard, card: GiftCard) -> Spent:
        if wish.currency not in (None, card.currency):
            raise ValidationFailed([FieldError("currency", f"this gift card is in {card.currency}")])
        now = self._clock.now()
        change = card.use(wish.amount, wish.asker.user, wish.reference, now).traced(wish.trace)
        entry = rules.gift_card_used(card.tenant, card.id, wish.use_id, card.currency, wish.amount, now)
        return Spent(change, answers.used(change.card, wish.amount, wish.reference), entry)

    def _redeemed(self, user: str, trace: str | None, card: GiftCard) -> Spent:
        now = self._clock.now()
        change = card.redeem(user, self._vote_multiplier, now).traced(trace)
        customer = customer_of(card.tenant, user)
        entry = rules.gift_card_redeemed(
            card.tenant, card.id, change.card.version, customer, card.currency, card.available, now
        )
        given = self._credits.add(card.tenant, card.currency, customer, card.available)
        return Spent(change, answers.redeemed(change, now), entry, [given])

    def _done_long_ago(self, wish: UseGiftCard, entry: JournalEntry) -> Response:
        """The key's answer is forgotten, and what it did is not: it is not done again."""
        card = self._cards.get(wish.asker.tenant, entry.subject_id)
        done = self._journal.get(wish.asker.tenant, entry.id)
        if card is None or done is None or done.postings != entry.postings:
            raise IdempotencyKeyReused
        return answers.used(card, wish.amount, wish.reference).replay()


def _record(wish: UseGiftCard | RedeemGiftCard, card: GiftCard, now: datetime) -> IdempotencyRecord:
    """It is stored with its answer only: nobody ever holds its lease, and no provider is asked."""
    return IdempotencyRecord(
        id=record_id(*wish.scope),
        tenant=card.tenant,
        operation=wish.scope[2],
        fingerprint=fingerprint({**wish.body, "code": card.id}),
        subject_id=card.id,
        provider="",
        parameters="",
        lease_owner="",
        lease_expires_at=now,
        created_at=now,
    )


def _replayed(stored: IdempotencyRecord, record: IdempotencyRecord) -> Response:
    response = answer_or_resume(stored, record.fingerprint, record.created_at)
    if response is None:
        raise ConcurrentChange("a request that was answered has lost its answer")
    return response

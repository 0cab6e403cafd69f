"""Gift cards and credit as ways to pay: what a checkout names is looked up, and held in its first transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tollgate.checkout.tendering import Purchase, Tendering, TenderPlan, TenderRefused, TenderUnknown, TenderWish
from tollgate.gift_cards.errors import GiftCardExpired, GiftCardFrozen, GiftCardNotUsable, GiftCardSpent
from tollgate.gift_cards.looking import GiftCardLookup
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository, customer_of
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import derived
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.tenders import Tender, TenderKind

_UNUSABLE = (GiftCardExpired, GiftCardFrozen, GiftCardNotUsable, GiftCardSpent)


@dataclass(slots=True)
class _Planned:
    """What is planned so far, and what is left to pay."""

    left: int
    tenders: list[Tender] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    def amount(self, wish: TenderWish, there: int) -> int:
        """What the wish comes to, of what is there. Raises `TenderRefused`."""
        asked = min(there, self.left) if wish.amount is None else wish.amount
        if self.left == 0 or asked > self.left:
            raise TenderRefused(wish.field, f"{self.left} is left to pay")
        if asked > there or asked <= 0:
            raise TenderRefused(wish.field, f"{there} is there to pay with")
        return asked

    def take(self, tender: Tender, writes: Sequence[Write]) -> None:
        self.tenders.append(tender)
        self.writes += writes
        self.left -= tender.amount


class GiftCardTendering(Tendering):
    """One read for all cards and the counters of guesses, one more for credit; the writes are the checkout's."""

    def __init__(self, lookup: GiftCardLookup, cards: GiftCardRepository, credit: Credits, clock: Clock) -> None:
        self._lookup = lookup
        self._cards = cards
        self._credit = credit
        self._clock = clock

    def plan(self, purchase: Purchase, wishes: Sequence[TenderWish]) -> TenderPlan:
        """Raises `TenderRefused`, and `TooManyGuesses`."""
        found = self._find(purchase, wishes)
        planned = _Planned(purchase.price.amount)
        for wish, card in zip(wishes, found, strict=True):
            if card is None:
                self._take_credit(purchase, wish, planned)
            else:
                self._take_card(purchase, wish, card, planned)
        return TenderPlan(tuple(planned.tenders), tuple(planned.writes))

    def _find(self, purchase: Purchase, wishes: Sequence[TenderWish]) -> list[GiftCard | None]:
        """The card of each wish; None for the buyer's credit."""
        by_card = [wish for wish in wishes if not wish.is_credit]
        by_credit = [wish for wish in wishes if wish.is_credit]
        if len(by_credit) > 1:
            raise TenderRefused(by_credit[1].field, "your credit is named twice")
        looked = (
            self._lookup.among(purchase.tenant, [wish.cards for wish in by_card], purchase.doors) if by_card else ()
        )
        cards = iter(looked)
        found: list[GiftCard | None] = [None if wish.is_credit else next(cards) for wish in wishes]
        seen: set[str] = set()
        for wish, card in zip(wishes, found, strict=True):
            if card is None and not wish.is_credit:
                raise TenderUnknown(wish.field, "no gift card has this code")
            if card is not None and card.id in seen:
                raise TenderRefused(wish.field, "this gift card is named twice")
            seen |= {card.id} if card else set()
        return found

    def _take_card(self, purchase: Purchase, wish: TenderWish, card: GiftCard, planned: _Planned) -> None:
        if card.currency != purchase.price.currency:
            raise TenderRefused(wish.field, f"this gift card is in {card.currency}")
        id_, now = _hold_id(purchase, TenderKind.GIFT_CARD, card.id), self._clock.now()
        if any(each.id == id_ for each in card.holds):
            raise TenderRefused(wish.field, "this very checkout holds a part of it already")
        try:
            amount = planned.amount(wish, card.spendable(purchase.owner, now))
            held = card.hold(id_, amount, purchase.payment_id, purchase.owner, now)
        except _UNUSABLE as refused:
            raise TenderRefused(wish.field, str(refused)) from refused
        planned.take(Tender(id_, TenderKind.GIFT_CARD, card.id, amount), self._cards.update(held))

    def _take_credit(self, purchase: Purchase, wish: TenderWish, planned: _Planned) -> None:
        currency, customer = purchase.price.currency, customer_of(purchase.tenant, purchase.owner)
        amount = planned.amount(wish, self._credit.get(purchase.tenant, currency, customer))
        taken = self._credit.take(purchase.tenant, currency, customer, amount)
        id_ = _hold_id(purchase, TenderKind.CREDIT, customer)
        planned.take(Tender(id_, TenderKind.CREDIT, customer, amount), (taken,))


def _hold_id(purchase: Purchase, kind: TenderKind, account: str) -> str:
    """Follows from the payment: a checkout that is asked for again holds nothing twice."""
    return derived("hld", purchase.tenant, purchase.payment_id, kind.value, account)

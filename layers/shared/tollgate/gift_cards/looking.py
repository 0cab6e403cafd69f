"""Finding a card by its code, for whoever may ask."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from tollgate.gift_cards.codes import GiftCardCodes, parse
from tollgate.gift_cards.errors import GiftCardNotFound, GiftCardsDisabled, TooManyGuesses
from tollgate.gift_cards.guessing import GuessCount, door_of_address, door_of_user
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import GiftCardRepository, Guesses
from tollgate.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: `user` is None for whoever has not said who they are, `caller` is whose idempotency keys count. A
    service has no address: only the user whom it names can guess through it.
    """

    tenant: str
    user: str | None
    caller: str
    ip: str | None = None

    @property
    def doors(self) -> Sequence[str]:
        by_user = [door_of_user(self.tenant, self.user)] if self.user else []
        return [*by_user, door_of_address(self.tenant, self.ip)] if self.ip else by_user


class GiftCardLookup:
    """One read finds the card, and whether the asker may look; only a guess that fails writes."""

    def __init__(
        self, cards: GiftCardRepository, guesses: Guesses, codes: GiftCardCodes, clock: Clock, *, enabled: bool = True
    ) -> None:
        self._cards = cards
        self._guesses = guesses
        self._codes = codes
        self._clock = clock
        self._enabled = enabled

    def find(self, asker: Asker, text: str) -> GiftCard:
        """The card with this code. Raises `GiftCardsDisabled`, `InvalidCode`, `TooManyGuesses`, and `GiftCardNotFound`,
        which counts as a guess.
        """
        if not self._enabled:
            raise GiftCardsDisabled
        (card,) = self.among(asker.tenant, [self._codes.ids(asker.tenant, parse(text))], asker.doors)
        if card is None:
            raise GiftCardNotFound
        return card

    def among(
        self, tenant: str, candidates: Sequence[Sequence[str]], doors: Sequence[str]
    ) -> tuple[GiftCard | None, ...]:
        """For each code, given as the ids that it may stand for, its card, if there is one. Each that has none counts
        as a guess. Raises `GiftCardsDisabled` and `TooManyGuesses`.
        """
        if not self._enabled:
            raise GiftCardsDisabled
        seen = self._cards.look(tenant, [id_ for ids in candidates for id_ in ids], doors)
        now = self._clock.now()
        _refuse_if_blocked(seen.guesses.values(), now)
        found = tuple(_card(seen.cards.values(), ids) for ids in candidates)
        for _ in range(found.count(None) if doors else 0):
            self._guesses.note(tenant, doors, now)
        return found


def _card(cards: Iterable[GiftCard], ids: Sequence[str]) -> GiftCard | None:
    return next((each for each in cards if any(hmac.compare_digest(each.id, id_) for id_ in ids)), None)


def _refuse_if_blocked(counts: Iterable[GuessCount], now: datetime) -> None:
    until = max((each.blocked_until or now for each in counts), default=now)
    if until > now:
        raise TooManyGuesses(ceil((until - now).total_seconds()))

"""Buying a gift card: a checkout like any other, which makes a card that waits for its money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import CheckoutRequest
from tollgate.checkout.presentation import present
from tollgate.checkout.wishes import CreateCheckout
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.errors import CodeTaken, GiftCardsDisabled
from tollgate.gift_cards.model import CardState, GiftCard
from tollgate.gift_cards.ports import GiftCardRepository
from tollgate.gift_cards.terms import GiftCardTerms
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, ValidationFailed
from tollgate.kernel.idempotency import Response
from tollgate.kernel.money import Money
from tollgate.payments.model import LineItem

OPERATION = "gift_card.purchase"
ITEM = "gift_card"
# The id of a code is taken once in very many worlds.
_VERSIONS = 4


@dataclass(frozen=True, slots=True)
class BuyGiftCard:
    """A wish to give somebody `amount` minor units. `body` is the request as it came: it tells the same wish from
    another under one key.
    """

    tenant: str
    owner: str
    key: str
    body: Mapping[str, object]
    amount: int
    currency: str
    recipient_email: str
    request: CheckoutRequest
    method: str
    message: str | None = None
    sender_name: str | None = None
    provider: str | None = None
    consumer: str | None = None
    trace: str | None = None


class GiftCardPurchase:
    """The card is stored with its payment, and can be spent once that is paid."""

    def __init__(
        self,
        opening: CheckoutOpening,
        cards: GiftCardRepository,
        codes: GiftCardCodes,
        terms: GiftCardTerms,
        clock: Clock,
    ) -> None:
        self._opening = opening
        self._cards = cards
        self._codes = codes
        self._terms = terms
        self._clock = clock

    def buy(self, wish: BuyGiftCard) -> Response:
        """Open a checkout for a card, or answer what an earlier request with this key was answered.

        Raises `GiftCardsDisabled`, `ValidationFailed`, and what opening a checkout raises.
        """
        plain = _checkout(wish)
        try:
            self._check(wish)
        except (GiftCardsDisabled, ValidationFailed):
            # Terms change: what was sold under this key is still answered.
            answered = self._opening.repeat(plain.scope, wish.body, present, wish.trace)
            if answered is None:
                raise
            return answered
        for version in range(1, _VERSIONS + 1):
            card = self._card(wish, plain.payment_id, version)
            made = self._cards.create(card.order(card.created_at).traced(wish.trace))
            try:
                return self._opening.create(replace(plain, gift_card=card.id, beside=made), present)
            except CodeTaken:
                continue
        raise ConcurrentChange("no code was free")

    def _check(self, wish: BuyGiftCard) -> None:
        if not self._terms.enabled:
            raise GiftCardsDisabled
        self._terms.check(wish.amount, wish.currency)

    def _card(self, wish: BuyGiftCard, payment_id: str, version: int) -> GiftCard:
        code = self._codes.new(wish.tenant, payment_id, version)
        now = self._clock.now()
        return GiftCard(
            id=code.id,
            tenant=wish.tenant,
            amount=wish.amount,
            currency=wish.currency,
            available=0,
            state=CardState.PENDING,
            version=0,
            created_at=now,
            updated_at=now,
            payment_id=payment_id,
            buyer=wish.owner,
            code_version=version,
            code_key=code.key,
            ending=code.ending,
            recipient_email=wish.recipient_email,
            message=wish.message,
            sender_name=wish.sender_name,
        )


def _checkout(wish: BuyGiftCard) -> CreateCheckout:
    return CreateCheckout(
        tenant=wish.tenant,
        owner=wish.owner,
        operation=OPERATION,
        key=wish.key,
        body=wish.body,
        basket=(),
        method=wish.method,
        request=wish.request,
        provider=wish.provider,
        consumer=wish.consumer,
        trace=wish.trace,
        lines=(LineItem(ITEM, "Gift card", 1, Money(wish.amount, wish.currency)),),
    )

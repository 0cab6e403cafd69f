"""What can go wrong with a gift card on our side. No text names a code, or more than its holder may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.kernel.errors import FieldError, NotFound, RetryableError, TollgateError, ValidationFailed
from tollgate.payments.ports import TiedRecordChanged

if TYPE_CHECKING:
    from tollgate.gift_cards.model import GiftCard


class InvalidCode(ValidationFailed):
    """No code of ours looks like that: a letter is wrong, missing or in another's place."""

    def __init__(self) -> None:
        super().__init__([FieldError("code", "no gift card has such a code; check every character")])


class GiftCardsDisabled(TollgateError):
    """They are switched off, or no secret is there to make their codes with."""

    code = "GIFT_CARDS_DISABLED"

    def __init__(self) -> None:
        super().__init__("gift cards are not enabled here")


class GiftCardNotFound(NotFound):
    """No card for this caller. A card that the caller may not see gives the same answer."""

    code = "GIFT_CARD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("gift card")


class GiftCardExpired(TollgateError):
    """Its time is over."""

    code = "GIFT_CARD_EXPIRED"

    def __init__(self) -> None:
        super().__init__("this gift card has expired")


class GiftCardFrozen(TollgateError):
    """An admin has stopped it."""

    code = "GIFT_CARD_FROZEN"

    def __init__(self) -> None:
        super().__init__("this gift card is stopped for now")


class GiftCardSpent(TollgateError):
    """Nothing is left of it, or somebody else has redeemed it."""

    code = "GIFT_CARD_REDEEMED"

    def __init__(self) -> None:
        super().__init__("this gift card has been redeemed")


class GiftCardNotUsable(TollgateError):
    """It cannot be spent in the state it is in: not paid yet, or its own purchase goes back."""

    code = "INVALID_STATE"

    def __init__(self, why: str) -> None:
        super().__init__(f"this gift card cannot be used: {why}")


class InsufficientGiftCardBalance(TollgateError):
    """More than is left of it; says what is."""

    code = "INSUFFICIENT_GIFT_CARD_BALANCE"

    def __init__(self, amount: int, available: int) -> None:
        super().__init__(f"{available} is left on this gift card, {amount} is asked for")
        self.available = available


class InsufficientCredit(TiedRecordChanged):
    """Less credit is there than was seen; says how much."""

    code = "INSUFFICIENT_CREDIT"

    def __init__(self, amount: int, available: int) -> None:
        super().__init__(f"{available} of credit is there, {amount} is asked for")
        self.available = available


class TooManyGuesses(RetryableError):
    """Too many codes were tried that no card has. Until the time is over nothing is looked at, not even a right one."""

    code = "TOO_MANY_ATTEMPTS"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many wrong codes; try again later")
        self.retry_after_seconds = retry_after_seconds


class CodeTaken(TollgateError):
    """Two codes give one id, once in very many worlds: the next version of the code has another."""

    code = "GIFT_CARD_CODE_TAKEN"

    def __init__(self, card: GiftCard) -> None:
        super().__init__(f"{card.id} exists already")
        self.card = card


class GiftCardChanged(TiedRecordChanged):
    """The card moved on since it was read; carries it as it stands, so that nobody need read again."""

    def __init__(self, card: GiftCard) -> None:
        super().__init__(f"{card.id} is at version {card.version} now")
        self.card = card

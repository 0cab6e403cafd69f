"""Why Square, or a bank behind it, would not take a payment. The codes are Square's, their grouping is ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tollgate.adapters.providers.square.errors import SquareError
from tollgate.payments.declines import DECLINED, Decline, DeclineClass

# The category of all that is the buyer's, and not ours; new codes come under it, too.
_OF_THE_BUYER = "PAYMENT_METHOD_ERROR"
_CODES = {
    DeclineClass.HARD: (
        "ACCOUNT_UNUSABLE ALLOWABLE_PIN_TRIES_EXCEEDED BUYER_REFUSED_PAYMENT CARDHOLDER_INSUFFICIENT_PERMISSIONS"
        " CARD_EXPIRED CARD_NOT_SUPPORTED INVALID_ACCOUNT INVALID_CARD PAN_FAILURE UNSUPPORTED_CARD_BRAND"
    ),
    DeclineClass.ACTION_REQUIRED: "CARD_DECLINED_VERIFICATION_REQUIRED",
    DeclineClass.FIX_INPUT: (
        "ADDRESS_VERIFICATION_FAILURE BAD_EXPIRATION CARD_TOKEN_EXPIRED CARD_TOKEN_USED CVV_FAILURE EXPIRATION_FAILURE"
        " INVALID_EXPIRATION INVALID_POSTAL_CODE SOURCE_EXPIRED SOURCE_USED VERIFY_AVS_FAILURE VERIFY_CVV_FAILURE"
    ),
    DeclineClass.SOFT: (
        "CARD_DECLINED CARD_DECLINED_CALL_ISSUER GENERIC_DECLINE INSUFFICIENT_FUNDS PAYMENT_LIMIT_EXCEEDED"
        " RESERVATION_DECLINED TRANSACTION_LIMIT VOICE_FAILURE"
    ),
}
CLASSES = {code: class_ for class_, codes in _CODES.items() for code in codes.split()}
# Square tells no buyer's secrets in the codes that it lists. Should it begin to, they are not passed on.
_SECRET = re.compile("BLACKLIST|BLOCK|FRAUD|LOST|PICK_?UP|RESTRICTED|STOLEN|SUSPECT|SUSPICI")
# The fields that name what is to be charged.
_THE_METHOD = ("source_id", "customer_id")
_HARDEST_FIRST = tuple(_CODES)
# Where nothing is said.
NO_REASON = Decline(DeclineClass.SOFT)


def decline_of_errors(errors: Sequence[SquareError]) -> Decline | None:
    """The hardest of the declines among the errors of an answer; None where none of them is the buyer's."""
    return _hardest([each for each in map(_decline_of, errors) if each is not None])


def _decline_of(error: SquareError) -> Decline | None:
    if error.category == _OF_THE_BUYER or error.code in CLASSES:
        return decline_of_code(error.code)
    # A token or a saved card that Square does not know, or not as this customer's.
    return Decline(DeclineClass.FIX_INPUT, shown(error.code)) if error.field in _THE_METHOD else None


def decline_of_codes(codes: Sequence[str]) -> Decline:
    """The hardest of what a payment came to nothing for; of nothing, that it was declined."""
    return _hardest([decline_of_code(each) for each in codes]) or NO_REASON


def decline_of_code(code: str) -> Decline:
    """A code that we do not know may mean that it works another day."""
    return Decline(CLASSES.get(code, DeclineClass.SOFT), shown(code))


def _hardest(declines: Sequence[Decline]) -> Decline | None:
    return min(declines, key=lambda each: _HARDEST_FIRST.index(each.class_), default=None)


def shown(code: str) -> str:
    """What a buyer may hear of a code."""
    return DECLINED if _SECRET.search(code) else code.lower()

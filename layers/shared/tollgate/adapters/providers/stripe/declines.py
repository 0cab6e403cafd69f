"""Why Stripe declined, in our words, without its SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tollgate.payments.declines import DECLINED, Decline, DeclineClass

# What Stripe advises in a decline's `advice_code`. It has the issuer's word for it, and so goes before our table.
_ADVICE = {
    "try_again_later": DeclineClass.SOFT,
    "do_not_try_again": DeclineClass.HARD,
    "confirm_card_data": DeclineClass.FIX_INPUT,
}
# What the descriptions of Stripe's decline codes and error codes amount to. Whatever is not here may work later.
_TABLE = {
    DeclineClass.HARD: """
        card_not_supported currency_not_supported expired_card fraudulent highest_risk_level incorrect_number
        invalid_account invalid_number lost_card merchant_blacklist new_account_information_available pickup_card
        restricted_card revocation_of_all_authorizations revocation_of_authorization security_violation stolen_card
        stop_payment_order testmode_decline
    """,
    DeclineClass.FIX_INPUT: """
        incorrect_cvc incorrect_pin incorrect_zip invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year
    """,
    DeclineClass.ACTION_REQUIRED: """
        authentication_not_handled authentication_required offline_pin_required online_or_offline_pin_required
        invoice_payment_intent_requires_action payment_intent_authentication_failure
    """,
}
_CLASSES = {word: class_ for class_, words in _TABLE.items() for word in words.split()}
# Parts of words, so that one that is new tells nothing either.
_TELLING = re.compile("blacklist|blocked|fraud|lost|pickup|restricted|risk|security|stolen|suspect")
_WORD = re.compile(r"[a-z0-9_]{1,64}")


def decline_of(error: Mapping[str, Any]) -> Decline:
    """The decline that an error tells of: the API's own, or the `last_payment_error` of an intent."""
    words = [error.get("decline_code"), error.get("code")]
    known = [_ADVICE.get(str(error.get("advice_code"))), *(_CLASSES.get(str(word)) for word in words)]
    return Decline(next((each for each in known if each), DeclineClass.SOFT), _shown(words[0] or words[1]))


def useless_method(code: object) -> Decline:
    """The decline that a payment method is which Stripe does not know, or does not take any more."""
    return Decline(DeclineClass.FIX_INPUT, _shown(code))


def _shown(word: object) -> str:
    if not isinstance(word, str) or not _WORD.fullmatch(word.lower()) or _TELLING.search(word.lower()):
        return DECLINED
    return word.lower()

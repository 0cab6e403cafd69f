"""Stripe's declines in our words: what may be done about them, and nothing that only the bank should know."""

from __future__ import annotations

from typing import Any

import pytest

from tollgate.adapters.providers.stripe.declines import decline_of, useless_method
from tollgate.payments.declines import Decline, DeclineClass

SOFT = """insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded processing_error
    issuer_not_available reenter_transaction try_again_later approve_with_id generic_decline do_not_honor call_issuer
    no_action_taken service_not_allowed not_permitted duplicate_transaction"""
HARD = """card_not_supported currency_not_supported expired_card incorrect_number invalid_number invalid_account
    new_account_information_available revocation_of_authorization revocation_of_all_authorizations stop_payment_order
    testmode_decline"""
FIX_INPUT = "incorrect_cvc invalid_cvc incorrect_zip incorrect_pin invalid_expiry_month invalid_expiry_year"
ACTION_REQUIRED = """authentication_required authentication_not_handled offline_pin_required
    online_or_offline_pin_required payment_intent_authentication_failure"""
SECRET = """lost_card stolen_card pickup_card restricted_card fraudulent merchant_blacklist highest_risk_level
    security_violation"""


@pytest.mark.parametrize(
    ("words", "class_"),
    [
        (SOFT, DeclineClass.SOFT),
        (HARD, DeclineClass.HARD),
        (FIX_INPUT, DeclineClass.FIX_INPUT),
        (ACTION_REQUIRED, DeclineClass.ACTION_REQUIRED),
    ],
)
def test_each_code_has_its_class_and_is_shown(words: str, class_: DeclineClass) -> None:
    for word in words.split():
        assert decline_of({"code": "card_declined", "decline_code": word}) == Decline(class_, word)
        assert decline_of({"code": word}) == Decline(class_, word)


def test_nobody_hears_that_a_card_was_lost_or_is_suspected() -> None:
    for word in SECRET.split():
        assert decline_of({"code": "card_declined", "decline_code": word}) == Decline(DeclineClass.HARD, "declined")


@pytest.mark.parametrize("word", ["suspected_fraud_v2", "card_reported_lost", "elevated_risk_level"])
def test_nor_does_a_new_word_for_it_say_so(word: str) -> None:
    assert decline_of({"decline_code": word}) == Decline(DeclineClass.SOFT, "declined")


@pytest.mark.parametrize(
    ("advice", "class_"),
    [
        ("try_again_later", DeclineClass.SOFT),
        ("do_not_try_again", DeclineClass.HARD),
        ("confirm_card_data", DeclineClass.FIX_INPUT),
    ],
)
@pytest.mark.parametrize("word", ["insufficient_funds", "expired_card", "incorrect_cvc", "of_the_future"])
def test_what_stripe_advises_goes_before_the_table(word: str, advice: str, class_: DeclineClass) -> None:
    told = {"code": "card_declined", "decline_code": word, "advice_code": advice}
    assert decline_of(told) == Decline(class_, word)


@pytest.mark.parametrize(
    ("told", "decline"),
    [
        ({}, Decline(DeclineClass.SOFT)),
        ({"code": "card_declined"}, Decline(DeclineClass.SOFT, "card_declined")),
        (
            {"code": "expired_card", "decline_code": None, "advice_code": None},
            Decline(DeclineClass.HARD, "expired_card"),
        ),
        ({"code": "expired_card", "decline_code": "of_the_future"}, Decline(DeclineClass.HARD, "of_the_future")),
        (
            {"decline_code": "of_the_future", "advice_code": "of_the_future"},
            Decline(DeclineClass.SOFT, "of_the_future"),
        ),
        ({"decline_code": "Do_Not_Honor"}, Decline(DeclineClass.SOFT, "do_not_honor")),
        ({"decline_code": "zoe@example.com"}, Decline(DeclineClass.SOFT)),
        ({"decline_code": "x" * 65}, Decline(DeclineClass.SOFT)),
        ({"decline_code": ["insufficient_funds"], "code": 7}, Decline(DeclineClass.SOFT)),
    ],
)
def test_what_is_unknown_or_missing_may_work_later(told: dict[str, Any], decline: Decline) -> None:
    assert decline_of(told) == decline


@pytest.mark.parametrize(("code", "shown"), [("resource_missing", "resource_missing"), (None, "declined")])
def test_a_useless_method_is_for_the_buyer_to_mend(code: str | None, shown: str) -> None:
    assert useless_method(code) == Decline(DeclineClass.FIX_INPUT, shown)

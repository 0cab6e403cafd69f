"""A deployment's settings come from the environment, and what is not switched on is off."""

from __future__ import annotations

import pytest

from tollgate.runtime.settings import Settings


def test_an_empty_environment_switches_nothing_on() -> None:
    settings = Settings.from_environment({})
    assert (settings.stripe_enabled, settings.mock_enabled, settings.clock_file) == (False, False, "")
    assert (settings.square_enabled, settings.square_locations) == (False, "")
    assert settings.gift_cards_enabled is False
    assert (settings.environment, settings.default_provider) == ("dev", "stripe")


@pytest.mark.parametrize(
    ("text", "on"), [("true", True), (" true ", True), ("false", False), ("1", False), ("", False)]
)
def test_only_true_is_true(text: str, on: bool) -> None:
    switches = ("ENABLE_STRIPE", "ENABLE_SEGPAY", "ENABLE_SQUARE", "ENABLE_MOCK")
    settings = Settings.from_environment(dict.fromkeys(switches, text))
    assert settings.stripe_enabled is settings.segpay_enabled is on
    assert settings.square_enabled is settings.mock_enabled is on


def test_every_setting_is_read_by_its_name() -> None:
    names = {
        "TOLLGATE_ENVIRONMENT": "production",
        "CORE_TABLE": "core",
        "INBOX_TABLE": "inbox",
        "EVENT_BUS": "bus",
        "SECRETS_PREFIX": "tollgate/production",
        "ENABLE_STRIPE": "true",
        "STRIPE_API_BASE": "http://127.0.0.1:1",
        "ENABLE_SEGPAY": "true",
        "SEGPAY_API_BASE": "http://127.0.0.1:3",
        "SEGPAY_CURRENCIES": "USD,EUR",
        "SEGPAY_RECURRING": "true",
        "SEGPAY_ANSWER": "GOOD",
        "ENABLE_SQUARE": "true",
        "SQUARE_API_BASE": "http://127.0.0.1:3",
        "SQUARE_LOCATIONS": "USD:L1",
        "ENABLE_MOCK": "true",
        "MOCK_PAGE": "http://127.0.0.1:2",
        "MOCK_DELAY_MS": "250",
        "MOCK_FAILURE_BPS": "100",
        "DEFAULT_PAYMENT_PROVIDER": "mock",
        "TOLLGATE_CLOCK_FILE": "/clock",
        "ENABLE_PAYPAL": "true",
        "PAYPAL_API_BASE": "http://127.0.0.1:3",
        "PAYPAL_TEST_ROOT": "MIIB",
        "PAYPAL_ORDER_HOURS": "72",
        "PAYPAL_RECURRING": "true",
        "FAILED_RECORDS_BUCKET": "failed",
        "RECONCILER_FUNCTION": "reconciler",
        "MAIL_SENDER": "mails@shop.example",
        "DUNNING_MACHINE": "arn:dunning",
        "GROUP_PAYMENT_EXPIRY_MACHINE": "arn:expiry",
        "GROUP_PAYMENT_MINUTES": "15",
        "GROUP_PAYMENT_PAGE": "https://shop.example/groups",
        "DELIVERY_WAKES": "https://sqs.example/1/wakes",
        "ENABLE_GIFT_CARDS": "true",
        "GIFT_CARD_CODE_LENGTH": "16",
        "GIFT_CARD_EXPIRY_DAYS": "730",
        "GIFT_CARD_VOTE_MULTIPLIER": "20",
        "GIFT_CARD_AMOUNTS": "EUR:1000-50000",
        "REFUND_ORDER": "ratio",
        "ESCROW_RELEASE_MACHINE": "arn:escrow",
        "ESCROW_HOURS": "48",
        "RESALE_PLATFORM_FEE_BPS": "0",
    }
    assert Settings.from_environment(names) == Settings(
        environment="production",
        core_table="core",
        inbox_table="inbox",
        event_bus="bus",
        secrets_prefix="tollgate/production",
        stripe_enabled=True,
        stripe_api_base="http://127.0.0.1:1",
        segpay_enabled=True,
        segpay_api_base="http://127.0.0.1:3",
        segpay_currencies="USD,EUR",
        segpay_recurring=True,
        segpay_answer="GOOD",
        square_enabled=True,
        square_api_base="http://127.0.0.1:3",
        square_locations="USD:L1",
        paypal_enabled=True,
        paypal_api_base="http://127.0.0.1:3",
        paypal_test_root="MIIB",
        paypal_order_hours=72,
        paypal_recurring=True,
        mock_enabled=True,
        mock_page="http://127.0.0.1:2",
        mock_delay_milliseconds=250,
        mock_failure_basis_points=100,
        default_provider="mock",
        clock_file="/clock",
        failed_records_bucket="failed",
        reconciler_function="reconciler",
        mail_sender="mails@shop.example",
        dunning_machine="arn:dunning",
        group_payment_expiry_machine="arn:expiry",
        group_payment_minutes=15,
        group_payment_page="https://shop.example/groups",
        delivery_wakes="https://sqs.example/1/wakes",
        gift_cards_enabled=True,
        gift_card_code_length="16",
        gift_card_expiry_days="730",
        gift_card_vote_multiplier="20",
        gift_card_amounts="EUR:1000-50000",
        refund_order="ratio",
        escrow_release_machine="arn:escrow",
        escrow_hours=48,
        resale_platform_fee=0,
    )

"""What a deployment sets, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """The functions' environment, by the names that `template.yaml` gives."""

    environment: str
    core_table: str
    inbox_table: str
    event_bus: str
    secrets_prefix: str
    stripe_enabled: bool
    stripe_api_base: str
    segpay_enabled: bool
    segpay_api_base: str
    segpay_currencies: str
    segpay_recurring: bool
    segpay_answer: str
    square_enabled: bool
    square_api_base: str
    square_locations: str
    paypal_enabled: bool
    paypal_api_base: str
    paypal_test_root: str
    paypal_order_hours: int
    paypal_recurring: bool
    mock_enabled: bool
    mock_page: str
    mock_delay_milliseconds: int
    mock_failure_basis_points: int
    default_provider: str
    clock_file: str
    failed_records_bucket: str
    reconciler_function: str
    mail_sender: str
    dunning_machine: str
    group_payment_expiry_machine: str
    group_payment_minutes: int
    group_payment_page: str
    escrow_release_machine: str
    delivery_wakes: str
    refund_order: str
    gift_cards_enabled: bool
    gift_card_code_length: str
    gift_card_expiry_days: str
    gift_card_vote_multiplier: str
    gift_card_amounts: str
    escrow_hours: int
    resale_platform_fee: int

    @property
    def escrow_window(self) -> timedelta:
        """How long a seller has to hand over what a buyer has paid."""
        return timedelta(hours=self.escrow_hours)

    @property
    def is_laptop(self) -> bool:
        """Whether this is the stack of a developer's machine, which may call other programs on it."""
        return self.environment == "local"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Names that a function does not have stay empty: it does not use them."""

        def text(name: str, default: str = "") -> str:
            return environment.get(name, default).strip()

        return cls(
            environment=text("TOLLGATE_ENVIRONMENT", "dev"),
            core_table=text("CORE_TABLE"),
            inbox_table=text("INBOX_TABLE"),
            event_bus=text("EVENT_BUS"),
            secrets_prefix=text("SECRETS_PREFIX"),
            stripe_enabled=text("ENABLE_STRIPE") == "true",
            stripe_api_base=text("STRIPE_API_BASE"),
            segpay_enabled=text("ENABLE_SEGPAY") == "true",
            segpay_api_base=text("SEGPAY_API_BASE"),
            segpay_currencies=text("SEGPAY_CURRENCIES"),
            segpay_recurring=text("SEGPAY_RECURRING") == "true",
            segpay_answer=text("SEGPAY_ANSWER", "OK"),
            square_enabled=text("ENABLE_SQUARE") == "true",
            square_api_base=text("SQUARE_API_BASE"),
            square_locations=text("SQUARE_LOCATIONS"),
            paypal_enabled=text("ENABLE_PAYPAL") == "true",
            paypal_api_base=text("PAYPAL_API_BASE"),
            paypal_test_root=text("PAYPAL_TEST_ROOT"),
            paypal_order_hours=int(text("PAYPAL_ORDER_HOURS") or 3),
            paypal_recurring=text("PAYPAL_RECURRING") == "true",
            mock_enabled=text("ENABLE_MOCK") == "true",
            mock_page=text("MOCK_PAGE"),
            mock_delay_milliseconds=int(text("MOCK_DELAY_MS") or 0),
            mock_failure_basis_points=int(text("MOCK_FAILURE_BPS") or 0),
            default_provider=text("DEFAULT_PAYMENT_PROVIDER", "stripe"),
            clock_file=text("TOLLGATE_CLOCK_FILE"),
            failed_records_bucket=text("FAILED_RECORDS_BUCKET"),
            reconciler_function=text("RECONCILER_FUNCTION"),
            mail_sender=text("MAIL_SENDER"),
            dunning_machine=text("DUNNING_MACHINE"),
            group_payment_expiry_machine=text("GROUP_PAYMENT_EXPIRY_MACHINE"),
            group_payment_minutes=int(text("GROUP_PAYMENT_MINUTES") or 10),
            group_payment_page=text("GROUP_PAYMENT_PAGE").rstrip("/"),
            escrow_release_machine=text("ESCROW_RELEASE_MACHINE"),
            delivery_wakes=text("DELIVERY_WAKES"),
            refund_order=text("REFUND_ORDER", "card_first"),
            gift_cards_enabled=text("ENABLE_GIFT_CARDS") == "true",
            gift_card_code_length=text("GIFT_CARD_CODE_LENGTH"),
            gift_card_expiry_days=text("GIFT_CARD_EXPIRY_DAYS"),
            gift_card_vote_multiplier=text("GIFT_CARD_VOTE_MULTIPLIER"),
            gift_card_amounts=text("GIFT_CARD_AMOUNTS"),
            escrow_hours=int(text("ESCROW_HOURS") or 72),
            resale_platform_fee=int(text("RESALE_PLATFORM_FEE_BPS") or 500),
        )

"""What every function has, and what each trigger promises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.template.translation import properties, readable, resources, source
from tollgate.kernel.unit_of_work import MAX_WRITES
from tollgate.ledger.rules import payment_confirmed

FUNCTIONS = {
    "CheckoutApiFunction": "checkout_api",
    "ProviderWebhookFunction": "provider_webhook",
    "InboxConsumerFunction": "inbox_consumer",
    "EventRelayFunction": "event_relay",
    "LedgerProjectorFunction": "ledger_projector",
    "AdminApiFunction": "admin_api",
    "VenueApiFunction": "venue_api",
    "GiftCardApiFunction": "gift_card_api",
    "GroupPaymentApiFunction": "group_payment_api",
    "GroupPaymentStepFunction": "group_payment_step",
    "RefunderFunction": "refunder",
    "SubscriptionApiFunction": "subscription_api",
    "WorkflowStarterFunction": "workflow_starter",
    "CardAdopterFunction": "card_adopter",
    "MarketplaceApiFunction": "marketplace_api",
    "EscrowStepFunction": "escrow_step",
    "RoyaltyCounterFunction": "royalty_counter",
    "DunningStepFunction": "dunning_step",
    "CatalogApiFunction": "catalog_api",
    "StatsCounterFunction": "stats_counter",
    "MailerFunction": "mailer",
    "CapturerFunction": "capturer",
    "DelivererFunction": "deliverer",
    "DeliveryApiFunction": "delivery_api",
    "HealthFunction": "health",
    "ReconcilerFunction": "reconciler",
    "RenewerFunction": "renewer",
}
VARIABLES = {
    "TOLLGATE_ENVIRONMENT",
    "CORE_TABLE",
    "INBOX_TABLE",
    "EVENT_BUS",
    "SECRETS_PREFIX",
    "STRIPE_API_BASE",
    "ENABLE_STRIPE",
    "ENABLE_SEGPAY",
    "SEGPAY_API_BASE",
    "SEGPAY_CURRENCIES",
    "SEGPAY_RECURRING",
    "SEGPAY_ANSWER",
    "SQUARE_API_BASE",
    "ENABLE_SQUARE",
    "SQUARE_LOCATIONS",
    "ENABLE_PAYPAL",
    "PAYPAL_API_BASE",
    "PAYPAL_ORDER_HOURS",
    "PAYPAL_RECURRING",
    "ENABLE_MOCK",
    "MOCK_PAGE",
    "MOCK_DELAY_MS",
    "MOCK_FAILURE_BPS",
    "DEFAULT_PAYMENT_PROVIDER",
    "REFUND_ORDER",
    "ENABLE_GIFT_CARDS",
    "GIFT_CARD_CODE_LENGTH",
    "GIFT_CARD_EXPIRY_DAYS",
    "GIFT_CARD_VOTE_MULTIPLIER",
    "GIFT_CARD_AMOUNTS",
    "GROUP_PAYMENT_PAGE",
    "GROUP_PAYMENT_MINUTES",
    "ESCROW_HOURS",
    "LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
}
OWN_VARIABLES = {
    "ProviderWebhookFunction": {"PAYPAL_TEST_ROOT"},
    "AdminApiFunction": {"RECONCILER_FUNCTION"},
    "ReconcilerFunction": {"FAILED_RECORDS_BUCKET", "DELIVERY_WAKES"},
    "DelivererFunction": {"DELIVERY_WAKES"},
    "DeliveryApiFunction": {"DELIVERY_WAKES"},
    "MailerFunction": {"MAIL_SENDER"},
    "WorkflowStarterFunction": {"DUNNING_MACHINE", "ESCROW_RELEASE_MACHINE", "GROUP_PAYMENT_EXPIRY_MACHINE"},
    "MarketplaceApiFunction": {"RESALE_PLATFORM_FEE_BPS"},
}
IDEMPOTENCY_LEASE_SECONDS = 28
STREAM_KEEPS_SECONDS = 24 * 3600
RETRIES_OF_AN_HOUR = 100

MAPPINGS = [
    ("InboxConsumerFunctionProviderEvents", "InboxTable.StreamArn", ["provider_event", "provider_event_wake"]),
    ("EventRelayFunctionStoredEvents", "CoreTable.StreamArn", ["event"]),
    ("LedgerProjectorFunctionJournalEntries", "CoreTable.StreamArn", ["journal_entry"]),
]


def test_the_template_deploys_these_functions() -> None:
    assert set(resources("AWS::Lambda::Function")) == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_function_runs_on_arm_and_python_313_with_the_layer(name: str, folder: str) -> None:
    function = properties(name)
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "app.handler"
    assert len(function["Layers"]) == 1
    assert source()["Resources"][name]["Properties"]["CodeUri"] == f"functions/{folder}"


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_function_is_told_where_it_is(name: str, folder: str) -> None:
    variables = properties(name)["Environment"]["Variables"]
    assert set(variables) == VARIABLES | OWN_VARIABLES.get(name, set())
    assert variables["POWERTOOLS_SERVICE_NAME"] == folder
    assert variables["SECRETS_PREFIX"] == {"Fn::Sub": "tollgate/${Environment}"}


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_function_is_traced_and_logs_json_into_a_group_that_forgets(name: str, folder: str) -> None:
    function = properties(name)
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    group = properties(function["LoggingConfig"]["LogGroup"]["Ref"])
    assert group["LogGroupName"] == {"Fn::Sub": f"/tollgate/${{Environment}}/{folder}"}


def test_every_log_group_forgets() -> None:
    for group in resources("AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize(
    "name",
    [
        "CheckoutApiFunction",
        "AdminApiFunction",
        "VenueApiFunction",
        "GiftCardApiFunction",
        "GroupPaymentApiFunction",
        "SubscriptionApiFunction",
        "MarketplaceApiFunction",
    ],
)
def test_what_holds_a_lease_stops_when_its_lease_ends(name: str) -> None:
    assert properties(name)["Timeout"] == IDEMPOTENCY_LEASE_SECONDS


def test_webhooks_have_concurrency_set_aside() -> None:
    assert properties("ProviderWebhookFunction")["ReservedConcurrentExecutions"] == {"Ref": "WebhookConcurrency"}


def test_the_webhook_address_is_public_and_allows_no_other_way_in() -> None:
    assert properties("ProviderWebhookFunctionUrl")["AuthType"] == "NONE"
    assert "Cors" not in properties("ProviderWebhookFunctionUrl")
    granted = [
        each["Properties"]
        for each in resources("AWS::Lambda::Permission").values()
        if each["Properties"]["FunctionName"] == {"Ref": "ProviderWebhookFunction"}
    ]
    common = {"FunctionName": {"Ref": "ProviderWebhookFunction"}, "Principal": "*"}
    assert sorted(granted, key=lambda each: str(each["Action"])) == [
        common | {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        common | {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    ]


def test_the_reconciler_runs_every_five_minutes_one_at_a_time() -> None:
    (rule,) = _schedules("ReconcilerFunction")
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert properties("ReconcilerFunction")["ReservedConcurrentExecutions"] == 1
    assert properties("ReconcilerFunction")["Timeout"] <= 300


def test_every_lane_of_renewals_is_swept_every_five_minutes() -> None:
    (rule,) = _schedules("RenewerFunction")
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert not any("Input" in target for target in rule["Targets"])  # without one it sweeps all of them
    assert properties("RenewerFunction")["Timeout"] < 300


def _schedules(function: str) -> list[dict[str, Any]]:
    rules = [each["Properties"] for each in resources("AWS::Events::Rule").values()]
    found = [each for each in rules if "ScheduleExpression" in each]
    return [each for each in found if [readable(target["Arn"]) for target in each["Targets"]] == [f"{function}.Arn"]]


def test_only_webhooks_have_a_public_address() -> None:
    assert set(resources("AWS::Lambda::Url")) == {"ProviderWebhookFunctionUrl"}


@pytest.mark.parametrize(("mapping", "stream", "kinds"), MAPPINGS)
def test_a_consumer_sees_new_items_of_its_kind_only(mapping: str, stream: str, kinds: list[str]) -> None:
    consumer = properties(mapping)
    assert readable(consumer["EventSourceArn"]) == stream
    assert [json.loads(each["Pattern"]) for each in consumer["FilterCriteria"]["Filters"]] == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": kinds}}}}
    ]


@pytest.mark.parametrize(("mapping", "stream", "kinds"), MAPPINGS)
def test_a_failing_record_is_set_aside_in_full_and_holds_up_no_other(
    mapping: str, stream: str, kinds: list[str]
) -> None:
    consumer = properties(mapping)
    assert consumer["StartingPosition"] == "TRIM_HORIZON"
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert consumer["BisectBatchOnFunctionError"] is True
    assert consumer["MaximumRetryAttempts"] == RETRIES_OF_AN_HOUR
    assert 0 < consumer["MaximumRecordAgeInSeconds"] < STREAM_KEEPS_SECONDS
    assert consumer["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": ["FailedRecordsBucket", "Arn"]}}
    }


def test_events_are_published_in_the_order_of_the_stream() -> None:
    """Parallel batches keep the order of one item only, and the events of a payment are items of their own."""
    assert properties("EventRelayFunctionStoredEvents")["ParallelizationFactor"] == 1


def test_a_batch_of_entries_fits_into_one_transaction_with_the_accounts_of_a_sale() -> None:
    """Then a busy account is written once for so many entries."""
    mapping = properties("LedgerProjectorFunctionJournalEntries")
    sale = payment_confirmed("t", "p", "stripe", "s", "USD", 100, 10, 3, datetime.now(UTC))
    assert sale is not None
    assert mapping["BatchSize"] + len(sale.postings) <= MAX_WRITES
    assert mapping["ParallelizationFactor"] == 1
    assert 1 <= mapping["MaximumBatchingWindowInSeconds"] <= 2


def test_a_stream_has_at_most_two_readers() -> None:
    readers: dict[str, int] = {}
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        stream = readable(mapping["Properties"]["EventSourceArn"])
        readers[stream] = readers.get(stream, 0) + 1
    assert max(readers.values()) <= 2


def test_an_old_layer_stays_for_a_rollback() -> None:
    (layer,) = resources("AWS::Lambda::LayerVersion").values()
    compatible: Any = layer["Properties"]
    assert layer["DeletionPolicy"] == "Retain"
    assert (compatible["CompatibleRuntimes"], compatible["CompatibleArchitectures"]) == (["python3.13"], ["arm64"])

"""What is stored: encrypted, recoverable, and not gone when the stack is."""

from __future__ import annotations

import json

import pytest

from tests.template.translation import Resource, properties, resources
from tollgate.adapters.archive import PREFIX

TABLES = ["CoreTable", "InboxTable"]
LONGEST_DESCRIPTION = 2048
OUTLIVE_THE_STACK = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_on_demand_encrypted_and_recoverable(table: str) -> None:
    stored = properties(table)
    assert stored["BillingMode"] == "PAY_PER_REQUEST"
    assert stored["SSESpecification"] == {"SSEEnabled": True}
    assert stored["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert stored["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_streams_new_items_and_drops_expired_ones(table: str) -> None:
    assert properties(table)["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert properties(table)["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_keyed_by_pk_and_sk(table: str) -> None:
    assert _key(properties(table)) == ("pk", "sk")


def test_the_core_table_has_these_indexes() -> None:
    indexes = {
        index["IndexName"]: (*_key(index), index["Projection"]["ProjectionType"])
        for index in properties("CoreTable")["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "by_owner": ("owner_key", "listed_at", "ALL"),
        "by_day": ("day_shard", "listed_at", "ALL"),
        "by_hour": ("hour_shard", "sk_event", "KEYS_ONLY"),
        "by_due": ("due", "due_at", "KEYS_ONLY"),
    }


def test_the_inbox_table_has_an_index_of_what_is_due() -> None:
    (index,) = properties("InboxTable")["GlobalSecondaryIndexes"]
    assert (*_key(index), index["Projection"]["ProjectionType"]) == ("due", "due_at", "KEYS_ONLY")


def test_key_attributes_are_strings_but_for_when_something_is_due() -> None:
    for table in TABLES:
        kinds = {each["AttributeName"]: each["AttributeType"] for each in properties(table)["AttributeDefinitions"]}
        assert kinds.pop("due_at") == "N"
        assert set(kinds.values()) == {"S"}


@pytest.mark.parametrize("resource_type", OUTLIVE_THE_STACK)
def test_what_is_stored_outlives_the_stack(resource_type: str) -> None:
    for resource in resources(resource_type).values():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ("StripeApiSecret", "stripe/api"),
        ("StripeWebhookSecret", "stripe/webhook"),
        ("SegpayApiSecret", "segpay/api"),
        ("SegpayWebhookSecret", "segpay/webhook"),
        ("SquareApiSecret", "square/api"),
        ("SquareWebhookSecret", "square/webhook"),
        ("PayPalApiSecret", "paypal/api"),
        ("PayPalWebhookSecret", "paypal/webhook"),
        ("MockWebhookSecret", "mock/webhook"),
        ("AuthSecret", "auth"),
        ("GiftCardSecret", "gift_cards"),
        ("GroupPaymentSecret", "group_payments"),
    ],
)
def test_a_secret_starts_empty_which_means_disabled(secret: str, name: str) -> None:
    assert properties(secret)["Name"] == {"Fn::Sub": f"tollgate/${{Environment}}/{name}"}
    assert json.loads(properties(secret)["SecretString"]) == {}


def test_the_description_of_the_auth_secret_can_be_filled_in() -> None:
    description = properties("AuthSecret")["Description"]
    shape = json.loads(description[description.index("{") :])
    assert set(shape) == {"jwt", "internal_tokens", "services"}
    assert set(shape["jwt"]) == {"issuer", "audience", "public_keys"}
    assert [set(each) for each in shape["internal_tokens"]] == [{"token", "service", "tenants"}]
    assert [set(each) for each in shape["services"].values()] == [{"secrets", "tenants"}]


def test_a_description_of_a_secret_is_short_enough_for_aws() -> None:
    lengths = [len(each["Properties"]["Description"]) for each in resources("AWS::SecretsManager::Secret").values()]
    assert max(lengths) <= LONGEST_DESCRIPTION


def test_whatever_lies_in_the_bucket_of_failed_records_expires() -> None:
    """Providers' events hold buyers' names and addresses."""
    rules = properties("FailedRecordsBucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if rule["Status"] == "Enabled"}
    assert days == {"aws/": 365, "done/": 90, PREFIX: 400}


def test_failed_records_are_private_encrypted_and_expire() -> None:
    bucket = properties("FailedRecordsBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert all(rule["ExpirationInDays"] > 0 for rule in bucket["LifecycleConfiguration"]["Rules"])


@pytest.mark.parametrize(
    "policy",
    [
        "FailedRecordsBucketPolicy",
        "EventRuleDeadLettersPolicy",
        "StatsQueuePolicy",
        "StatsDeadLettersPolicy",
        "MailQueuePolicy",
        "MailDeadLettersPolicy",
        "CaptureQueuePolicy",
        "WorkflowQueuePolicy",
        "WorkflowDeadLettersPolicy",
        "CardQueuePolicy",
        "CardDeadLettersPolicy",
        "RoyaltyQueuePolicy",
        "RoyaltyDeadLettersPolicy",
        "CaptureDeadLettersPolicy",
        "DeliveryQueuePolicy",
        "DeliveryWakesPolicy",
        "DeliveryDeadLettersPolicy",
    ],
)
def test_stored_records_travel_over_tls_only(policy: str) -> None:
    denials = [each for each in properties(policy)["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
    assert [each["Condition"] for each in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]
    assert [each["Principal"] for each in denials] == ["*"]


def _key(table_or_index: Resource) -> tuple[str, str]:
    partition, sort = table_or_index["KeySchema"]
    assert (partition["KeyType"], sort["KeyType"]) == ("HASH", "RANGE")
    return partition["AttributeName"], sort["AttributeName"]

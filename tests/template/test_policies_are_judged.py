"""What judges the calls of functions in tests says no where IAM does. If it let something pass, every test would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from tests.support.needs import needs_of
from tests.support.policies import Need, NotUnderstood, Policy, grants
from tests.support.rights import arns, functions, policy_of

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/t1-core"
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:t1/auth"
READ = {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": TABLE}
PRICES = {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CATALOG#*"]}}}
DEPLOYED = {
    "TOLLGATE_ENVIRONMENT": "test",
    "CORE_TABLE": "t1-core",
    "INBOX_TABLE": "t1-inbox",
    "EVENT_BUS": "t1-bus",
    "SECRETS_PREFIX": "t1",
    "MAIL_SENDER": "mails@shop.example",
}


def allowed(need: tuple[str, ...], *statements: dict[str, Any]) -> bool:
    return Policy(tuple(grants("Role", {"Statement": statements}, str))).allows(Need(*need))


def test_what_no_statement_names_is_refused() -> None:
    assert allowed(("dynamodb:Query", TABLE), READ)
    assert not allowed(("dynamodb:Query", TABLE))
    assert not allowed(("dynamodb:GetItem", TABLE), READ)
    assert not allowed(("dynamodb:Query", f"{TABLE}s"), READ)
    assert not allowed(("dynamodb:Query", TABLE.replace("core", "inbox")), READ)


def test_a_right_on_a_table_is_none_on_its_indexes_and_a_right_on_one_index_none_on_another() -> None:
    by_day, by_due = f"{TABLE}/index/by_day", f"{TABLE}/index/by_due"
    assert not allowed(("dynamodb:Query", by_day), READ)
    assert not allowed(("dynamodb:Query", by_due), READ | {"Resource": [TABLE, by_day]})
    assert allowed(("dynamodb:Query", by_due), READ | {"Resource": f"{TABLE}/index/*"})


def test_a_right_to_some_partitions_is_none_to_others_nor_to_what_names_none() -> None:
    assert allowed(("dynamodb:Query", TABLE, "CATALOG#"), READ | PRICES)
    assert not allowed(("dynamodb:Query", TABLE, "PAYMENT#"), READ | PRICES)
    assert not allowed(("dynamodb:Query", TABLE), READ | PRICES)
    assert allowed(("dynamodb:Query", TABLE, "PAYMENT#"), READ)


def test_the_catalog_reaches_prices_and_no_money() -> None:
    policy = policy_of("catalog_api", arns(DEPLOYED))
    reached = {
        (action, kind)
        for action in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem")
        for kind in ("CATALOG#", "PRICING_ITEM#", "SIGNATURE#", "PAYMENT#", "BALANCE#", "IDEMPOTENCY#", None)
        if policy.allows(Need(f"dynamodb:{action}", TABLE, kind))
    }
    assert reached == {
        *((action, "CATALOG#") for action in ("GetItem", "BatchGetItem", "Query", "PutItem")),
        ("PutItem", "PRICING_ITEM#"),
        ("PutItem", "SIGNATURE#"),
    }


def test_a_deny_outweighs_every_allow() -> None:
    deny = {"Effect": "Deny", "Action": ["dynamodb:*"], "Resource": "*"}
    for statements in ((READ, deny), (deny, READ)):
        assert not allowed(("dynamodb:Query", TABLE), *statements)
    assert allowed(("dynamodb:Query", TABLE), READ, deny | {"Action": "dynamodb:Scan"})


def test_wildcards_stand_for_any_text_and_for_one_character() -> None:
    secret = {"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": f"{SECRET}-??????"}
    assert allowed(("secretsmanager:GetSecretValue", f"{SECRET}-AbCdEf"), secret)
    assert not allowed(("secretsmanager:GetSecretValue", f"{SECRET}/other-AbCdEf"), secret)
    assert not allowed(("dynamodb:Query", TABLE), READ | {"Resource": TABLE.replace("/", ".")}), "a dot is a dot"


@pytest.mark.parametrize(
    "statement",
    [
        READ | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        READ | PRICES | {"Effect": "Deny"},
        {"Effect": "Allow", "NotAction": "dynamodb:Scan", "Resource": TABLE},
        {"Effect": "Allow", "Action": "dynamodb:Query", "NotResource": TABLE},
        READ | {"Effect": "Maybe"},
    ],
)
def test_what_is_not_understood_is_an_error_and_not_passed_over(statement: dict[str, Any]) -> None:
    with pytest.raises((NotUnderstood, KeyError)):
        allowed(("dynamodb:Query", TABLE), statement)


def asked(service: str, target: str, body: dict[str, Any], path: str = "/") -> set[tuple[str, str]]:
    return {(need.action, need.resource) for need in needs(service, target, body, path)}


def needs(service: str, target: str, body: dict[str, Any], path: str = "/") -> list[Need]:
    scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host"
    headers: Any = {"X-Amz-Target": target, "Authorization": scope}
    request = AWSPreparedRequest("POST", f"http://127.0.0.1{path}", headers, json.dumps(body), False)
    return needs_of(request, arns(DEPLOYED))


def test_each_item_of_a_transaction_is_judged_as_if_it_came_alone() -> None:
    other = TABLE.replace("core", "inbox")
    items = [
        {"Put": {"TableName": "t1-core"}},
        {"Update": {"TableName": "t1-inbox"}},
        {"Delete": {"TableName": "t1-core"}},
        {"ConditionCheck": {"TableName": "t1-inbox"}},
    ]
    assert asked("dynamodb", "DynamoDB_20120810.TransactWriteItems", {"TransactItems": items}) == {
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", other),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:ConditionCheckItem", other),
    }


def test_an_item_is_judged_by_how_its_partition_begins() -> None:
    def leading(operation: str, body: dict[str, Any]) -> set[str | None]:
        return {each.leading for each in needs("dynamodb", f"DynamoDB_20120810.{operation}", body)}

    key, table = {"pk": {"S": "PAYMENT#demo#pay_1"}, "sk": {"S": "PAYMENT"}}, {"TableName": "t1-core"}
    assert leading("GetItem", table | {"Key": key}) == {"PAYMENT#"}
    assert leading("PutItem", table | {"Item": key}) == {"PAYMENT#"}
    assert leading("TransactWriteItems", {"TransactItems": [{"Put": table | {"Item": key}}]}) == {"PAYMENT#"}
    assert leading("BatchGetItem", {"RequestItems": {"t1-core": {"Keys": [key, {"pk": {"S": "HEALTH"}}]}}}) == {
        "PAYMENT#",
        "HEALTH",
    }
    query = {"KeyConditionExpression": "pk = :pk AND sk > :sk", "ExpressionAttributeValues": {":pk": key["pk"]}}
    assert leading("Query", table | query) == {"PAYMENT#"}
    assert leading("Query", table | query | {"IndexName": "by_day"}) == {None}


def test_a_batch_is_judged_by_its_tables_and_a_query_by_its_index() -> None:
    tables: dict[str, Any] = {"t1-core": {}, "t1-inbox": {}}
    assert asked("dynamodb", "DynamoDB_20120810.BatchGetItem", {"RequestItems": tables}) == {
        ("dynamodb:BatchGetItem", TABLE),
        ("dynamodb:BatchGetItem", TABLE.replace("core", "inbox")),
    }
    query = {"TableName": "t1-core", "IndexName": "by_day"}
    assert asked("dynamodb", "DynamoDB_20120810.Query", query) == {("dynamodb:Query", f"{TABLE}/index/by_day")}


def test_a_mail_takes_the_right_to_its_sender_by_address_and_by_domain_and_no_other_is_given() -> None:
    policy, identities = policy_of("mailer", arns(DEPLOYED)), "arn:aws:ses:us-east-1:000000000000:identity"
    needs = asked("ses", "", {"FromEmailAddress": "mails@shop.example"}, "/v2/email/outbound-emails")
    assert needs == {("ses:SendEmail", f"{identities}/{name}") for name in ("mails@shop.example", "shop.example")}
    assert all(policy.allows(Need(*need)) for need in needs)
    for other in ("boss@shop.example", "example", "", "*"):
        assert not policy.allows(Need("ses:SendEmail", f"{identities}/{other}"))


def test_without_a_sender_there_is_no_right_to_any_identity() -> None:
    policy = policy_of("mailer", arns(DEPLOYED | {"MAIL_SENDER": ""}))
    assert not policy.allows(Need("ses:SendEmail", "arn:aws:ses:us-east-1:000000000000:identity/shop.example"))


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("ses", "GET"),
        ("dynamodb", "DynamoDB_20120810.ExecuteStatement"),
        ("events", "AWSEvents.PutRule"),
        ("kms", "TrentService.Sign"),
    ],
)
def test_a_request_that_is_not_known_is_an_error_and_not_passed_over(service: str, target: str) -> None:
    with pytest.raises(NotUnderstood, match="teach"):
        asked(service, target, {"TableName": "t1-core"})


def test_an_empty_request_does_not_pass_for_want_of_anything_to_judge() -> None:
    with pytest.raises(NotUnderstood):
        asked("dynamodb", "DynamoDB_20120810.TransactWriteItems", {"TransactItems": []})


def test_resources_of_the_template_bear_the_names_of_the_deployment() -> None:
    policy = policy_of("checkout_api", arns(DEPLOYED))
    assert policy.allows(Need("dynamodb:GetItem", TABLE))
    assert policy.allows(Need("secretsmanager:GetSecretValue", f"{SECRET}-AbCdEf"))
    assert not policy.allows(Need("dynamodb:GetItem", TABLE.replace("t1", "t2")))
    assert not policy.allows(Need("secretsmanager:GetSecretValue", f"{SECRET.replace('auth', 'mock/webhook')}-AbCdEf"))
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/t1-bus"
    publishing = {name for name in functions() if policy_of(name, arns(DEPLOYED)).allows(Need("events:PutEvents", bus))}
    assert publishing == {"event_relay", "reconciler"}

"""The bus, its archive, and what happens to an event that a target did not take."""

from __future__ import annotations

import json
from typing import Any

from tests.template.translation import properties, resources

SOURCE = {"source": ["tollgate"]}
RULES_OF_THE_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${EventBus}/*"
LARGEST_LOG_POLICY = 5120


def test_the_bus_is_named_after_the_environment() -> None:
    assert properties("EventBus")["Name"] == {"Fn::Sub": "tollgate-${Environment}"}


def test_published_events_can_be_replayed() -> None:
    archive = properties("EventArchive")
    assert archive["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    assert archive["EventPattern"] == SOURCE
    assert archive["RetentionDays"] >= 30


def test_every_target_has_a_dead_letter_queue_and_bounded_retries() -> None:
    for rule in resources("AWS::Events::Rule").values():
        assert rule["Properties"]["EventPattern"] == SOURCE
        for target in rule["Properties"]["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["EventRuleDeadLetters", "Arn"]}}
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_every_rule_may_send_to_the_dead_letter_queue() -> None:
    """EventBridge drops the event without a word where the queue's policy does not let it in."""
    allowed = [
        each["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"][0]
        for each in properties("EventRuleDeadLettersPolicy")["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    ]
    assert set(allowed) == set(resources("AWS::Events::Rule"))


def test_only_rules_of_the_bus_write_its_log() -> None:
    assert _log_policy("logs:PutLogEvents")["Condition"] == {"ArnLike": {"aws:SourceArn": RULES_OF_THE_BUS}}
    assert properties("EventLogRule")["EventBusName"] == {"Ref": "EventBus"}


def test_making_a_log_stream_has_no_condition() -> None:
    """EventBridge names no rule when it makes one; a condition on it would keep every event out of the log."""
    assert "Condition" not in _log_policy("logs:CreateLogStream")


def test_the_log_policy_covers_its_group_only_and_is_small_enough() -> None:
    text = properties("EventLogsPolicy")["PolicyDocument"]["Fn::Sub"]
    assert {each["Resource"] for each in json.loads(text)["Statement"]} == {"${EventLogs.Arn}"}
    assert len(text) < LARGEST_LOG_POLICY / 2  # what is put in makes it longer


def test_every_queue_has_a_policy_is_encrypted_and_keeps_two_weeks() -> None:
    guarded = {
        queue["Ref"]
        for policy in resources("AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
    }
    assert guarded == set(resources("AWS::SQS::Queue"))
    for queue in resources("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def _log_policy(action: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(properties("EventLogsPolicy")["PolicyDocument"]["Fn::Sub"])
    (statement,) = [each for each in document["Statement"] if each["Action"] == action]
    return dict(statement)

"""The bus, its archive, and what happens to an event that a target did not take."""

from __future__ import annotations

from tests.template.translation import properties, resources

SOURCE = {"source": ["tollgate"]}


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

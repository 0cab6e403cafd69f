"""The bus, its archive, and what happens to an event that a target did not take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.translation import properties, resources
from tollgate.mails.model import LETTER_OF, SUBJECT_OF
from tollgate.payments.events import ALIASES, PURCHASE_IMPORTED
from tollgate.payments.model import AGGREGATE
from tollgate.runtime.capture_work import Captures
from tollgate.runtime.card_work import AdoptCards
from tollgate.runtime.event_queue import Work
from tollgate.runtime.refund_work import GiveBack
from tollgate.runtime.royalty_work import CountRoyalties
from tollgate.runtime.workflow_work import StartWorkflows
from tollgate.statistics.model import OUTCOME_OF
from tollgate.subscriptions.events import IMPORTED as SUBSCRIPTION_IMPORTED

SOURCE = {"source": ["tollgate"]}
RULES_OF_THE_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${EventBus}/*"
LARGEST_LOG_POLICY = 5120
HEARERS: dict[str, type[Work]] = {
    "WorkflowRule": StartWorkflows,
    "CaptureRule": Captures,
    "CardRule": AdoptCards,
    "RefundRule": GiveBack,
    "RoyaltyRule": CountRoyalties,
}


def test_the_bus_is_named_after_the_environment() -> None:
    assert properties("EventBus")["Name"] == {"Fn::Sub": "tollgate-${Environment}"}


def test_published_events_can_be_replayed() -> None:
    archive = properties("EventArchive")
    assert archive["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    assert archive["EventPattern"] == SOURCE
    assert archive["RetentionDays"] >= 30


def test_every_target_has_a_dead_letter_queue_and_bounded_retries() -> None:
    for rule in _subscriptions().values():
        assert rule["Properties"]["EventPattern"]["source"] == SOURCE["source"]
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
    assert set(allowed) == set(_subscriptions())


def test_the_counters_hear_of_each_fact_once() -> None:
    """By the types under which events are stored, and none of the aliases."""
    pattern = properties("StatsRule")["EventPattern"]
    assert set(pattern["detail-type"]) == set(OUTCOME_OF)
    assert not set(pattern["detail-type"]) & {alias for aliases in ALIASES.values() for alias in aliases}
    assert pattern["detail"] == {"aggregate": {"type": [AGGREGATE]}}


def test_the_mailer_hears_of_what_it_tells_once() -> None:
    pattern = properties("MailRule")["EventPattern"]
    assert set(pattern["detail-type"]) == set(LETTER_OF)
    assert not set(pattern["detail-type"]) & {alias for aliases in ALIASES.values() for alias in aliases}
    assert set(pattern["detail"]["aggregate"]["type"]) == set(SUBJECT_OF.values())


def test_whoever_works_on_events_hears_of_what_it_knows() -> None:
    for rule, work in HEARERS.items():
        pattern = properties(rule)["EventPattern"]
        assert set(pattern["detail-type"]) == work.types
        assert {name: {part: set(each) for part, each in told.items()} for name, told in pattern["detail"].items()} == {
            "aggregate": {"type": set(work.aggregates)}
        }


def test_the_deliverer_hears_of_every_fact_once() -> None:
    """By whatever type it is stored, and by none of the aliases."""
    (others,) = properties("DeliveryRule")["EventPattern"]["detail-type"]
    assert set(others["anything-but"]) == {alias for aliases in ALIASES.values() for alias in aliases}
    assert "detail" not in properties("DeliveryRule")["EventPattern"]


def test_of_what_another_system_has_sold_only_consumers_hear() -> None:
    """Nobody is written to, nothing is counted, and no machine starts. The log keeps everything."""
    hearing = set()
    for name, rule in _subscriptions().items():
        types = rule["Properties"]["EventPattern"].get("detail-type", [])
        named = {each for each in types if isinstance(each, str)}
        if not named or named & {SUBSCRIPTION_IMPORTED, PURCHASE_IMPORTED}:
            hearing.add(name)
    assert hearing == {"DeliveryRule", "EventLogRule"}


def test_nobody_outside_fills_the_queue_in_which_lanes_wait() -> None:
    """Functions of ours do, by the rights of their roles."""
    assert not [each for each in _queue_policy("DeliveryWakesPolicy") if each["Effect"] == "Allow"]


@pytest.mark.parametrize("what", ["Stats", "Mail", "Capture", "Delivery", "Workflow", "Card", "Refund", "Royalty"])
def test_only_its_rule_fills_a_queue(what: str) -> None:
    (allowed,) = [each for each in _queue_policy(f"{what}QueuePolicy") if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [f"{what}Rule", "Arn"]}}}


@pytest.mark.parametrize(
    ("queue", "what", "tries"),
    [
        ("StatsQueue", "Stats", 5),
        ("MailQueue", "Mail", 5),
        ("CaptureQueue", "Capture", 20),
        ("DeliveryQueue", "Delivery", 5),
        ("WorkflowQueue", "Workflow", 5),
        ("CardQueue", "Card", 5),
        ("RoyaltyQueue", "Royalty", 5),
        # Given out early at least once, where the wait is longer than a message can be delayed.
        ("DeliveryWakes", "Delivery", 8),
    ],
)
def test_a_message_that_fails_so_often_is_set_aside(queue: str, what: str, tries: int) -> None:
    redrive = properties(queue)["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": [f"{what}DeadLetters", "Arn"]}, "maxReceiveCount": tries}


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


def test_every_queue_has_a_policy_and_is_encrypted() -> None:
    guarded = {
        queue["Ref"]
        for policy in resources("AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
    }
    assert guarded == set(resources("AWS::SQS::Queue"))
    for queue in resources("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True


def test_dead_letters_are_kept_two_weeks_and_longer_than_the_living() -> None:
    """A message that is set aside keeps its age."""
    for queue in resources("AWS::SQS::Queue").values():
        days = queue["Properties"]["MessageRetentionPeriod"] / (24 * 3600)
        assert days < 14 if "RedrivePolicy" in queue["Properties"] else days == 14


def _queue_policy(name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = properties(name)["PolicyDocument"]["Statement"]
    return statements


def _log_policy(action: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(properties("EventLogsPolicy")["PolicyDocument"]["Fn::Sub"])
    (statement,) = [each for each in document["Statement"] if each["Action"] == action]
    return dict(statement)


def _subscriptions() -> dict[str, Any]:
    """The rules that wait for events of ours; a schedule waits for nothing."""
    return {name: rule for name, rule in resources("AWS::Events::Rule").items() if "EventPattern" in rule["Properties"]}

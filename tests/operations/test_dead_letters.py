"""Dead letters go to where they were going: none is lost on the way, and what cannot go stays with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.endpoint import Endpoint
from botocore.exceptions import EndpointConnectionError

from operations.__main__ import main
from operations.queues import DeadLetters, Queue, dead_letters
from operations.rule_letters import RuleLetter, letter_in
from tests.operations.world import World, an_event
from tollgate.kernel.events import Event


def _queue(name: str, to: str | None = None) -> Queue:
    return Queue(f"https://sqs/{name}", f"arn:aws:sqs:eu-west-1:1:{name}", 0, to and f"arn:aws:sqs:eu-west-1:1:{to}")


def test_dead_letter_queues_are_told_by_who_names_them() -> None:
    work, more, gave_up, rules, other = (
        _queue("work", "gave-up"),
        _queue("more", "gave-up"),
        _queue("gave-up"),
        _queue("rules"),
        _queue("other", "not-ours"),
    )
    found = dead_letters([work, more, gave_up, rules, other], [rules.arn, "arn:aws:sqs:eu-west-1:1:a-subscriber"])
    assert found == [DeadLetters(gave_up, (work, more)), DeadLetters(rules, of_rules=True)]


def test_a_queue_may_hold_both_kinds() -> None:
    work, both = _queue("work", "both"), _queue("both")
    assert dead_letters([work, both], [both.arn]) == [DeadLetters(both, (work,), of_rules=True)]


@pytest.mark.parametrize(
    ("arn", "bus_and_rule"),
    [
        (
            "arn:aws:events:eu-west-1:1:rule/tollgate-dev/tollgate-EventLogRule-1",
            ("tollgate-dev", "tollgate-EventLogRule-1"),
        ),
        ("arn:aws:events:eu-west-1:1:rule/hourly", ("default", "hourly")),
    ],
)
def test_a_rules_arn_tells_its_bus(arn: str, bus_and_rule: tuple[str, str]) -> None:
    assert RuleLetter(arn, "", "").bus_and_rule == bus_and_rule


def test_a_message_without_its_rule_is_no_letter_of_a_rule() -> None:
    assert letter_in({"Body": "{}"}) is None


def _redrive(world: World, *words: str) -> int:
    return main(["redrive", "--stack", world.stack, "--what", "queues", *words])


def _told(capsys: pytest.CaptureFixture[str], queue: str) -> dict[str, Any]:
    queues = json.loads(capsys.readouterr().out)["queues"]
    return next(each for each in queues if each["queue"].endswith(queue))


def _give_up(world: World, *bodies: str) -> None:
    """Messages that their function failed too often, as SQS moves them."""
    for number, body in enumerate(bodies):
        attributes = {"attempt": {"DataType": "Number", "StringValue": str(number)}}
        world.sqs.send_message(QueueUrl=world.url("work"), MessageBody=body, MessageAttributes=attributes)
    for _ in range(2):
        while messages := world.sqs.receive_message(
            QueueUrl=world.url("work"), VisibilityTimeout=0, MaxNumberOfMessages=10
        ):
            if not messages.get("Messages"):
                break
    assert world.waiting(world.url("gave-up")) == len(bodies)


def test_messages_go_back_to_the_queue_they_came_from(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bodies = [f"message {number}" for number in range(25)]
    _give_up(world, *bodies)
    assert _redrive(world) == 0
    assert _told(capsys, "gave-up")["moved"] == 25
    assert sorted(world.bodies(world.url("work"))) == sorted(bodies)
    assert world.waiting(world.url("gave-up")) == 0


def test_attributes_of_a_message_go_with_it(world: World) -> None:
    _give_up(world, "message")
    _redrive(world)
    received = world.sqs.receive_message(QueueUrl=world.url("work"), MessageAttributeNames=["All"])["Messages"]
    assert received[0]["MessageAttributes"]["attempt"]["StringValue"] == "0"


def test_a_dry_run_moves_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    _give_up(world, "message")
    assert _redrive(world, "--dry-run") == 0
    assert _told(capsys, "gave-up") | {"left_over": None} == {
        "queue": f"{world.stack}-gave-up",
        "waiting": 1,
        "moved": 0,
        "left_over": None,
    }
    assert world.waiting(world.url("gave-up")) == 1


def test_a_message_is_deleted_only_after_it_was_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _give_up(world, "message")
    send = Endpoint.make_request

    def refusing(endpoint: Endpoint, operation: Any, request: dict[str, Any]) -> Any:
        if operation.name == "SendMessage":
            raise KeyboardInterrupt
        return send(endpoint, operation, request)

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "make_request", refusing)
        assert _redrive(world) == 130
    world.sqs.set_queue_attributes(QueueUrl=world.url("gave-up"), Attributes={"VisibilityTimeout": "0"})
    assert _waiting_or_in_flight(world, "gave-up") == 1
    assert world.bodies(world.url("work")) == []


def test_a_message_that_was_sent_and_not_deleted_is_sent_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _give_up(world, "message")
    send = Endpoint.make_request

    def refusing(endpoint: Endpoint, operation: Any, request: dict[str, Any]) -> Any:
        if operation.name == "DeleteMessage":
            raise EndpointConnectionError(endpoint_url="https://sqs")
        return send(endpoint, operation, request)

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "make_request", refusing)
        assert _redrive(world) == 1
    assert "https://sqs" in _told(capsys, "gave-up")["left_over"]["named"][0]["why"]
    assert _redrive(world) == 0
    assert world.bodies(world.url("work")) == ["message", "message"]


def _waiting_or_in_flight(world: World, queue: str) -> int:
    found = world.sqs.get_queue_attributes(QueueUrl=world.url(queue), AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


# --- events that a rule could not deliver ---


def _delivered(event: Event, **fields: Any) -> str:
    """The event as EventBridge hands it to targets."""
    envelope = {
        "version": "0",
        "id": "5e0b1c8f",
        "detail-type": event.type,
        "source": "tollgate",
        "account": "000000000000",
        "time": "2026-03-05T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": event.envelope(),
    }
    return json.dumps(envelope | fields)


def _undelivered(world: World, body: str, rule: str, target: str) -> None:
    texts = {"RULE_ARN": rule, "TARGET_ARN": target, "ERROR_CODE": "NO_PERMISSIONS"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    world.sqs.send_message(QueueUrl=world.url("undelivered"), MessageBody=body, MessageAttributes=attributes)


def _dead_letter_config(world: World) -> dict[str, Any]:
    return {"DeadLetterConfig": {"Arn": world.arn(world.url("undelivered"))}}


def test_a_queue_that_missed_an_event_gets_it_and_nobody_else_does(world: World) -> None:
    missed = world.queue("missed")
    body = _delivered(an_event())
    _undelivered(world, body, *world.subscribe(missed, **_dead_letter_config(world)))
    assert _redrive(world) == 0
    assert world.bodies(missed) == [body]
    assert world.heard() == []
    assert world.waiting(world.url("undelivered")) == 0


def test_an_event_for_another_kind_of_target_goes_onto_the_bus_with_its_own_id(world: World) -> None:
    event, target = an_event(), "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/tollgate"
    rule = world.events.put_rule(Name="logging", EventBusName=world.bus, EventPattern='{"source": ["tollgate"]}')
    targets = [{"Id": "1", "Arn": target, **_dead_letter_config(world)}]
    world.events.put_targets(Rule="logging", EventBusName=world.bus, Targets=targets)
    _undelivered(world, _delivered(event), rule["RuleArn"], target)
    assert _redrive(world) == 0
    assert [each["detail"] for each in world.heard()] == [event.envelope()]


def test_an_event_that_its_rule_transforms_is_transformed_again(world: World) -> None:
    missed = world.queue("missed")
    rule, target = world.subscribe(missed, **_dead_letter_config(world), InputPath="$.detail")
    event = an_event()
    _undelivered(world, _delivered(event), rule, target)
    assert _redrive(world) == 0
    assert [json.loads(body) for body in world.bodies(missed)] == [event.envelope()]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{oops", "no event"),
        ("[]", "no event"),
        ('{"source": "tollgate"}', "no event"),
        (_delivered(an_event(), source="someone.else"), "someone.else"),
    ],
)
def test_what_is_no_event_of_ours_stays_and_the_others_go(
    world: World, capsys: pytest.CaptureFixture[str], body: str, why: str
) -> None:
    missed = world.queue("missed")
    rule, target = world.subscribe(missed, **_dead_letter_config(world), InputPath="$.detail")
    _undelivered(world, body, rule, target)
    _undelivered(world, _delivered(an_event()), rule, target)
    assert _redrive(world) == 1
    told = _told(capsys, "undelivered")
    assert (told["moved"], told["left_over"]["count"]) == (1, 1)
    assert why in told["left_over"]["named"][0]["why"]
    assert world.waiting(world.url("undelivered")) == 1


def test_a_target_that_its_rule_dropped_gets_nothing_any_more(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    missed = world.queue("missed")
    rule, _ = world.subscribe(missed, **_dead_letter_config(world))
    _undelivered(world, _delivered(an_event()), rule, "arn:aws:sqs:us-east-1:000000000000:gone")
    _undelivered(world, _delivered(an_event()), rule.replace("missed", "gone"), world.arn(missed))
    assert _redrive(world) == 1
    told = _told(capsys, "undelivered")["left_over"]
    assert (told["count"], told["named"][0]["why"].endswith("any more")) == (2, True)
    assert (world.bodies(missed), world.heard()) == ([], [])


def test_a_message_of_unknown_origin_stays(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.subscribe(world.queue("missed"), **_dead_letter_config(world))
    world.sqs.send_message(QueueUrl=world.url("undelivered"), MessageBody="by hand")
    assert _redrive(world) == 1
    assert "does not say which rule" in _told(capsys, "undelivered")["left_over"]["named"][0]["why"]
    assert world.waiting(world.url("undelivered")) == 1


def test_other_queues_are_left_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.sqs.send_message(QueueUrl=world.url("bystander"), MessageBody="work")
    assert _redrive(world) == 0
    assert [each["queue"].rpartition("-")[2] for each in json.loads(capsys.readouterr().out)["queues"]] == ["up"]
    assert world.waiting(world.url("bystander")) == 1

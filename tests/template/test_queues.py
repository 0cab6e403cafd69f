"""What each queue promises: messages come again, one by one, and never while they are in work."""

from __future__ import annotations

import pytest

from tests.template.translation import properties, readable
from tollgate.adapters import courier
from tollgate.adapters.delivery_wakes import LONGEST_HIDING
from tollgate.adapters.providers.paypal.transport import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from tollgate.deliveries.model import HOLD, PRESUMED, REMEMBER
from tollgate.deliveries.ports import LONGEST_DELAY
from tollgate.deliveries.schedule import WAITS
from tollgate.kernel.unit_of_work import MAX_WRITES
from tollgate.runtime.delivery_queue import LAST_SECONDS


@pytest.mark.parametrize(
    ("mapping", "name"),
    [
        ("StatsCounterFunctionPublishedEvents", "StatsQueue"),
        ("MailerFunctionPublishedEvents", "MailQueue"),
        ("CapturerFunctionPublishedEvents", "CaptureQueue"),
        ("WorkflowStarterFunctionPublishedEvents", "WorkflowQueue"),
        ("CardAdopterFunctionPublishedEvents", "CardQueue"),
        ("RefunderFunctionPublishedEvents", "RefundQueue"),
        ("RoyaltyCounterFunctionPublishedEvents", "RoyaltyQueue"),
        ("DelivererFunctionPublishedEvents", "DeliveryQueue"),
        ("DelivererFunctionLanesThatWait", "DeliveryWakes"),
    ],
)
def test_a_message_of_a_queue_is_given_out_again_alone(mapping: str, name: str) -> None:
    consumer = properties(mapping)
    assert readable(consumer["EventSourceArn"]) == f"{name}.Arn"
    assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("StatsCounterFunction", "StatsQueue"),
        ("MailerFunction", "MailQueue"),
        ("WorkflowStarterFunction", "WorkflowQueue"),
        ("CardAdopterFunction", "CardQueue"),
        ("RefunderFunction", "RefundQueue"),
        ("RoyaltyCounterFunction", "RoyaltyQueue"),
        ("DelivererFunction", "DeliveryQueue"),
        ("DelivererFunction", "DeliveryWakes"),
    ],
)
def test_a_batch_of_a_queue_is_not_given_out_again_while_it_is_in_work(function: str, name: str) -> None:
    assert properties(name)["VisibilityTimeout"] == 6 * properties(function)["Timeout"]


def test_an_approval_is_tried_again_within_a_minute_and_for_twenty_and_not_while_it_is_in_work() -> None:
    """A buyer waits. There is no batch, and no more messages are given out than functions may run."""
    queue, consumer = properties("CaptureQueue"), properties("CapturerFunctionPublishedEvents")
    wait, tries = queue["VisibilityTimeout"], queue["RedrivePolicy"]["maxReceiveCount"]
    assert (consumer["BatchSize"], "MaximumConcurrency" in consumer["ScalingConfig"]) == (1, True)
    assert 1.5 * properties("CapturerFunction")["Timeout"] <= wait <= 60
    assert wait * tries == 20 * 60


def test_a_batch_of_mails_has_the_time_that_they_take_at_most() -> None:
    """A second to connect and five for the answer, and as long again for the store."""
    function, mapping = properties("MailerFunction"), properties("MailerFunctionPublishedEvents")
    assert mapping["BatchSize"] * 2 * (1 + 5) <= function["Timeout"]


def test_a_deliverer_stops_in_time_for_the_try_that_it_has_begun() -> None:
    """Two seconds to connect and five for the answer, and as long again for the store; and nobody takes the lane of a
    try that still runs.
    """
    assert 2 * (courier.CONNECT_TIMEOUT_SECONDS + courier.READ_TIMEOUT_SECONDS) <= LAST_SECONDS
    assert properties("DelivererFunction")["Timeout"] > 3 * LAST_SECONDS
    assert HOLD.total_seconds() >= 2 * LAST_SECONDS


def test_a_message_can_be_hidden_for_the_longest_wait_and_is_not_thrown_away_meanwhile() -> None:
    assert max(WAITS) - LONGEST_DELAY <= LONGEST_HIDING
    assert properties("DeliveryWakes")["MessageRetentionPeriod"] > 2 * max(WAITS).total_seconds()


def test_no_message_is_left_of_a_lane_that_is_presumed_to_be_in_nobodys_hand() -> None:
    """Neither in its queue nor among the dead letters, and what the log tells lives longer."""
    queues = ("DeliveryQueue", "DeliveryWakes")
    longest = max(properties(each)["MessageRetentionPeriod"] for each in queues)
    dead = properties("DeliveryDeadLetters")["MessageRetentionPeriod"]
    assert longest + dead < PRESUMED.total_seconds() < REMEMBER.total_seconds()


def test_a_capture_has_the_time_that_it_takes_at_most() -> None:
    """A token, the capture, and a look at what came of an earlier one."""
    assert properties("CapturerFunctionPublishedEvents")["BatchSize"] == 1
    assert properties("CapturerFunction")["Timeout"] > 3 * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)


def test_a_batch_of_the_queue_fits_into_one_transaction() -> None:
    """Each event is marked, and may need two counters of its own: of its ten minutes, and of its month."""
    assert 3 * properties("StatsCounterFunctionPublishedEvents")["BatchSize"] <= MAX_WRITES

"""Somebody hears of it: each alarm that the platform promises, and where it goes."""

from __future__ import annotations

import pytest

from tests.template.translation import Resource, properties, readable, resources, translated
from tollgate.deliveries.schedule import WAITS

FIVE_MINUTES_MS = 300_000
# By environment, so that those of one account do not ring each other's alarms.
NAMESPACE = "Tollgate/${Environment}"
FIVE_MINUTES, HOUR = 300, 3600

# What the functions count themselves: metric, function folder, how many, within how many seconds.
COUNTED = [
    ("Webhook.invalid_signature", "provider_webhook", 10, FIVE_MINUTES),
    ("Webhook.disabled", "provider_webhook", 1, FIVE_MINUTES),
    ("ProviderEvents.held", "inbox_consumer", 1, FIVE_MINUTES),
    ("ProviderEvents.failed", "inbox_consumer", 1, FIVE_MINUTES),
    ("ProviderEvents.parked", "inbox_consumer", 10, HOUR),
    ("ProviderEvents.error", "inbox_consumer", 1, FIVE_MINUTES),
    ("EventsNotPublished", "event_relay", 1, FIVE_MINUTES),
    ("LedgerNotProjected", "ledger_projector", 1, FIVE_MINUTES),
    ("Reconciliation.needs_somebody", "reconciler", 1, FIVE_MINUTES),
    ("Renewals.refused", "renewer", 1, FIVE_MINUTES),
    ("Renewals.failed", "renewer", 1, FIVE_MINUTES),
    ("ProviderCredentialsRefused", "checkout_api", 1, FIVE_MINUTES),
    ("ProviderCircuitOpened", "event_relay", 1, FIVE_MINUTES),
    ("Mails.gift_card_refused", "mailer", 1, FIVE_MINUTES),
    ("Deliveries.failed", "deliverer", 1, FIVE_MINUTES),
    ("Deliveries.unsigned", "deliverer", 1, FIVE_MINUTES),
    ("GiftCardGuess", "gift_card_api", 50, FIVE_MINUTES),
    ("Refused.TENDER_UNKNOWN", "checkout_api", 50, FIVE_MINUTES),
]
# Quiet does not mean that somebody has decided, nor that a provider works again.
NEVER_SETTLED_BY_SILENCE = {
    "ProviderEvents.held",
    "ProviderEvents.failed",
    "Reconciliation.needs_somebody",
    "Mails.gift_card_refused",
    "ProviderCircuitOpened",
    "Deliveries.failed",
}
# Held to something else than how often.
ABOUT_RUNS = {"Reconciliation.runs", "Reconciliation.incomplete", "Renewals.runs"}


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm_on(metric: str) -> None:
    watched = {_dimensions(each)["FunctionName"] for each in _alarms("AWS/Lambda", metric)}
    assert watched == set(resources("AWS::Lambda::Function"))


def test_every_stream_consumer_has_an_alarm_at_five_minutes() -> None:
    consumers = {
        each["Properties"]["FunctionName"]["Ref"]
        for each in resources("AWS::Lambda::EventSourceMapping").values()
        if readable(each["Properties"]["EventSourceArn"]).endswith(".StreamArn")
    }
    alarms = _alarms("AWS/Lambda", "IteratorAge")
    assert {_dimensions(each)["FunctionName"] for each in alarms} == consumers
    assert {each["Threshold"] for each in alarms} == {FIVE_MINUTES_MS}


def test_every_queue_of_dead_letters_has_an_alarm_on_its_depth() -> None:
    watched = {
        _dimensions(each)["QueueName"].removesuffix(".QueueName")
        for each in _alarms("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    }
    assert watched == {name for name, each in _queues().items() if "RedrivePolicy" not in each}


def test_every_queue_that_is_worked_off_has_an_alarm_on_its_age() -> None:
    alarms = _alarms("AWS/SQS", "ApproximateAgeOfOldestMessage")
    watched = {_dimensions(each)["QueueName"].removesuffix(".QueueName") for each in alarms}
    assert watched == {name for name, each in _queues().items() if "RedrivePolicy" in each}
    ages = {_dimensions(each)["QueueName"].removesuffix(".QueueName"): each["Threshold"] for each in alarms}
    # There, messages wait on purpose: for six hours at most.
    assert ages.pop("DeliveryWakes") == max(WAITS).total_seconds() + HOUR
    assert set(ages.values()) == {FIVE_MINUTES}


def test_a_stored_failed_record_rings() -> None:
    (alarm,) = _alarms("AWS/S3", "PutRequests")
    (metrics,) = translated()["Resources"]["FailedRecordsBucket"]["Properties"]["MetricsConfigurations"]
    assert _dimensions(alarm) == {"BucketName": "FailedRecordsBucket", "FilterId": metrics["Id"]}


def test_a_webhook_that_answers_with_server_errors_rings() -> None:
    (alarm,) = _alarms("AWS/Lambda", "Url5xxCount")
    assert _dimensions(alarm) == {"FunctionName": "ProviderWebhookFunction"}


def test_server_errors_of_the_api_ring_by_their_share() -> None:
    alarm = resources("AWS::CloudWatch::Alarm")["HttpApiServerErrors"]["Properties"]
    measured = {each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"] if "MetricStat" in each}
    assert measured == {"5xx", "Count"}


@pytest.mark.parametrize(("metric", "folder", "count", "seconds"), COUNTED)
def test_a_count_of_the_functions_rings(metric: str, folder: str, count: int, seconds: int) -> None:
    (alarm,) = _alarms(NAMESPACE, metric)
    assert _dimensions(alarm) == {"service": folder}
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "GreaterThanOrEqualToThreshold")
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (count, seconds, 1)
    assert ("OKActions" not in alarm) == (metric in NEVER_SETTLED_BY_SILENCE)


def test_counts_are_looked_for_where_the_functions_put_them() -> None:
    """The namespace and the value of the dimension `service` come from the functions' environment."""
    watched = {_dimensions(each)["service"] for each in _counts()}
    named = [properties(each)["Environment"]["Variables"] for each in resources("AWS::Lambda::Function")]
    assert {readable(each["POWERTOOLS_METRICS_NAMESPACE"]) for each in named} == {NAMESPACE}
    assert watched <= {each["POWERTOOLS_SERVICE_NAME"] for each in named}


def test_every_count_with_an_alarm_is_listed_here() -> None:
    assert {each["MetricName"] for each in _counts()} == {metric for metric, *_ in COUNTED} | ABOUT_RUNS


def test_a_reconciler_that_does_not_run_rings() -> None:
    (alarm,) = _alarms(NAMESPACE, "Reconciliation.runs")
    assert _dimensions(alarm) == {"service": "reconciler"}
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["Period"]) == ("LessThanThreshold", 1, 900)


def test_a_renewer_that_does_not_run_rings() -> None:
    (alarm,) = _alarms(NAMESPACE, "Renewals.runs")
    assert _dimensions(alarm) == {"service": "renewer"}
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["Period"]) == ("LessThanThreshold", 1, 900)


def test_a_reconciler_that_never_comes_to_its_end_rings() -> None:
    (alarm,) = _alarms(NAMESPACE, "Reconciliation.incomplete")
    assert (alarm["Statistic"], alarm["Threshold"], alarm["Period"]) == ("Minimum", 1, 1800)


def test_every_alarm_goes_to_the_topic_and_says_what_it_means() -> None:
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert len(alarm["Properties"]["AlarmDescription"]) > 20, name
        silence = "breaching" if name in ("ReconcilerSilent", "RenewerSilent") else "notBreaching"
        assert alarm["Properties"]["TreatMissingData"] == silence, name


def test_an_alarm_is_mailed_only_where_an_address_is_given() -> None:
    (subscription,) = resources("AWS::SNS::Subscription").values()
    assert subscription["Condition"] == "HasAlarmEmail"


def _queues() -> dict[str, Resource]:
    return {name: each["Properties"] for name, each in resources("AWS::SQS::Queue").items()}


def _alarms(namespace: str, metric: str) -> list[Resource]:
    found = [each["Properties"] for each in resources("AWS::CloudWatch::Alarm").values()]
    return [each for each in found if (readable(each.get("Namespace")), each.get("MetricName")) == (namespace, metric)]


def _counts() -> list[Resource]:
    found = [each["Properties"] for each in resources("AWS::CloudWatch::Alarm").values()]
    return [each for each in found if readable(each.get("Namespace")) == NAMESPACE]


def _dimensions(alarm: Resource) -> dict[str, str]:
    return {each["Name"]: readable(each["Value"]) for each in alarm["Dimensions"]}

"""AWS list prices in US dollars, us-east-1, on demand, without free tiers; and what is assumed where nothing is
counted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

MILLION = 1_000_000
GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Prices:
    """By unit. Sources: the pricing pages of each service, November 2024 and later."""

    dynamodb_write_unit: float = 0.625 / MILLION  # aws.amazon.com/dynamodb/pricing/on-demand
    dynamodb_read_unit: float = 0.125 / MILLION
    lambda_request: float = 0.20 / MILLION  # aws.amazon.com/lambda/pricing
    lambda_gigabyte_second: float = 0.0000133334  # arm64
    http_api_request: float = 1.00 / MILLION  # aws.amazon.com/api-gateway/pricing; up to 512 KB each
    eventbridge_event: float = 1.00 / MILLION  # aws.amazon.com/eventbridge/pricing; up to 64 KB each
    sqs_request: float = 0.40 / MILLION  # aws.amazon.com/sqs/pricing; a message is sent, received and deleted
    logs_gigabyte: float = 0.50  # aws.amazon.com/cloudwatch/pricing, ingestion
    trace: float = 5.00 / MILLION  # aws.amazon.com/xray/pricing
    # Function URLs, stream reads by Lambda triggers, and index reads that nobody makes cost nothing.


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Not counted here: how long functions run in the cloud, and what the platform itself writes."""

    # Billed milliseconds; nearly all of a checkout is waiting for Stripe.
    checkout_milliseconds: int = 600
    webhook_milliseconds: int = 20
    apply_milliseconds: int = 40
    relay_milliseconds: int = 40
    count_milliseconds: int = 40
    project_milliseconds: int = 40
    # Without a consumer: a message is read, and nobody wants it.
    deliver_milliseconds: int = 5
    # Stripe sends the completed session and the succeeded intent for each payment.
    webhooks_per_payment: int = 2
    # One in ten checkouts is sent again by an impatient client, one webhook in a hundred by Stripe.
    replays_per_payment: float = 0.1
    duplicates_per_payment: float = 0.02
    # Records that a stream hands over at once under load; a quiet shop pays for one by one.
    records_per_apply: int = 1
    records_per_relay: int = 3
    records_per_count: int = 2
    records_per_projection: int = 3
    records_per_delivery: int = 2
    # Lambda's START, END and REPORT lines in JSON, and the API's access log line.
    platform_log_bytes_per_invocation: int = 900
    access_log_bytes_per_request: int = 400
    traced_share: float = 0.05  # X-Ray's default sampling, past one a second


MEMORY_GIGABYTES = {
    "checkout": 1.0,
    "webhook": 0.5,
    "apply": 0.5,
    "relay": 0.5,
    "count": 0.5,
    "project": 0.5,
    "deliver": 0.5,
}  # template.yaml


def as_json() -> dict[str, dict[str, float]]:
    return {"prices_usd": asdict(Prices()), "assumptions": asdict(Assumptions())}

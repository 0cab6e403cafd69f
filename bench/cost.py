"""Dollars for a million card payments, each from checkout to published event, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.counting import Cost
from bench.figures import Figure
from bench.prices import GIGABYTE, MEMORY_GIGABYTES, MILLION, Assumptions, Prices, as_json

# Created, opened, confirmed.
EVENTS_PER_PAYMENT = 3
# Created and confirmed.
COUNTED_PER_PAYMENT = 2

# Confirmed, settled.
ENTRIES_PER_PAYMENT = 2

type Costs = Mapping[str, Cost]


def measure(costs: Costs) -> tuple[list[Figure], dict[str, Any]]:
    """The total, its parts, and the prices and assumptions behind them."""
    often = _runs_per_payment(Assumptions(), costs["count_batch"].records, costs["ledger_projection_few"].records)
    lines = {
        **_database(costs, often),
        **_functions(often),
        **_bus(costs),
        "sqs: requests": _messages() * Prices().sqs_request,
        **_telemetry(costs, often),
    }
    per_million = {name: round(dollars * MILLION, 2) for name, dollars in lines.items()}
    figure = Figure("cost: a million payments", sum(per_million.values()), "USD", "counted")
    return [figure], {"usd_per_million_payments": per_million, "runs_per_payment": often, **as_json()}


def _messages() -> float:
    """Requests for what is counted and for what is delivered: sent one by one, received and deleted in batches."""
    assumed = Assumptions()
    counted = COUNTED_PER_PAYMENT * (1 + 2 / assumed.records_per_count)
    return counted + EVENTS_PER_PAYMENT * (1 + 2 / assumed.records_per_delivery)


def _runs_per_payment(assumed: Assumptions, counted: int, projected: int) -> dict[str, float]:
    """How often each operation happens for one payment. Its events are a part of a relayed batch, and of one that is
    counted; its journal entries of one that is projected.
    """
    return {
        "checkout_create": 1,
        "checkout_replay": assumed.replays_per_payment,
        "webhook_accept": 1,
        "webhook_accept_second_event": assumed.webhooks_per_payment - 1,
        "webhook_duplicate": assumed.duplicates_per_payment,
        "webhook_apply": 1,
        "webhook_apply_second_event": assumed.webhooks_per_payment - 1,
        "count_batch": COUNTED_PER_PAYMENT / counted,
        "ledger_projection_few": ENTRIES_PER_PAYMENT / projected,
    }


def _database(costs: Costs, often: Mapping[str, float]) -> dict[str, float]:
    prices = Prices()

    def summed(units: Mapping[str, float]) -> float:
        return sum(units[name] * times for name, times in often.items())

    return {
        "dynamodb: writes of the tables": summed({name: cost.write_units for name, cost in costs.items()})
        * prices.dynamodb_write_unit,
        "dynamodb: writes of the indexes": summed({name: cost.index_units for name, cost in costs.items()})
        * prices.dynamodb_write_unit,
        "dynamodb: reads": summed({name: cost.read_units for name, cost in costs.items()}) * prices.dynamodb_read_unit,
    }


def _invocations(often: Mapping[str, float]) -> dict[str, float]:
    assumed = Assumptions()
    checkouts = often["checkout_create"] + often["checkout_replay"]
    return {
        "checkout": checkouts,
        "webhook": assumed.webhooks_per_payment + often["webhook_duplicate"],
        "apply": assumed.webhooks_per_payment / assumed.records_per_apply,
        "relay": EVENTS_PER_PAYMENT / assumed.records_per_relay,
        "count": COUNTED_PER_PAYMENT / assumed.records_per_count,
        "project": ENTRIES_PER_PAYMENT / assumed.records_per_projection,
        "deliver": EVENTS_PER_PAYMENT / assumed.records_per_delivery,
    }


def _functions(often: Mapping[str, float]) -> dict[str, float]:
    prices, assumed, invoked = Prices(), Assumptions(), _invocations(often)
    milliseconds = {
        "checkout": assumed.checkout_milliseconds,
        "webhook": assumed.webhook_milliseconds,
        "apply": assumed.apply_milliseconds,
        "relay": assumed.relay_milliseconds,
        "count": assumed.count_milliseconds,
        "project": assumed.project_milliseconds,
        "deliver": assumed.deliver_milliseconds,
    }
    seconds = sum(invoked[name] * milliseconds[name] / 1000 * MEMORY_GIGABYTES[name] for name in invoked)
    return {
        "lambda: requests": sum(invoked.values()) * prices.lambda_request,
        "lambda: duration (assumed)": seconds * prices.lambda_gigabyte_second,
        "http api: requests": invoked["checkout"] * prices.http_api_request,
    }


def _entries_per_payment(costs: Costs) -> float:
    """Names under which a payment's events are published: each event its own, a confirmation two more."""
    relayed = costs["relay_batch"]
    return EVENTS_PER_PAYMENT * relayed.bus_entries / relayed.records


def _bus(costs: Costs) -> dict[str, float]:
    return {"eventbridge: events, aliases included": _entries_per_payment(costs) * Prices().eventbridge_event}


def _telemetry(costs: Costs, often: Mapping[str, float]) -> dict[str, float]:
    prices, assumed, invoked = Prices(), Assumptions(), _invocations(often)
    ours = sum(costs[name].log_bytes * times for name, times in often.items()) + costs["relay_batch"].log_bytes
    relayed = costs["relay_batch"]
    # The stack's own rule logs every event that is published.
    events = _entries_per_payment(costs) * relayed.request_bytes / relayed.bus_entries
    platform = sum(invoked.values()) * assumed.platform_log_bytes_per_invocation
    access = invoked["checkout"] * assumed.access_log_bytes_per_request
    return {
        "logs: our lines": ours / GIGABYTE * prices.logs_gigabyte,
        "logs: published events": events / GIGABYTE * prices.logs_gigabyte,
        "logs: the platform's lines (assumed)": (platform + access) / GIGABYTE * prices.logs_gigabyte,
        "x-ray: traces (assumed)": sum(invoked.values()) * assumed.traced_share * prices.trace,
    }

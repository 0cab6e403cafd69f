"""All measurements, in the order in which they need each other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from bench import cold, cost, cpu, judging, layer
from bench.figures import Figure
from bench.machine import described
from bench.operations import run
from bench.shop import open_shop


@dataclass(frozen=True, slots=True)
class Effort:
    """How many rounds. Too few tell nothing about time: then only what is counted is judged."""

    cpu_rounds: int
    cpu_runs: int
    cold_rounds: int
    judge_times: bool


FULL = Effort(cpu_rounds=40, cpu_runs=10, cold_rounds=9, judge_times=True)
QUICK = Effort(cpu_rounds=2, cpu_runs=1, cold_rounds=1, judge_times=False)


def measure(effort: Effort) -> tuple[list[Figure], dict[str, Any]]:
    """Every figure, and the details behind them."""
    before = os.getloadavg()
    with open_shop() as shop:
        done = run(shop)
    costs = done.costs
    counted = judging.figures(costs)
    ratios, cpu_details = cpu.measure(done, rounds=effort.cpu_rounds, runs=effort.cpu_runs, gated=effort.judge_times)
    inits, cold_details = cold.measure(done, rounds=effort.cold_rounds, gated=effort.judge_times)
    sizes, layer_details = layer.measure()
    dollars, cost_details = cost.measure(costs)
    details = {
        "machine": described(before),
        "operations": {name: each.as_json() for name, each in costs.items()},
        "cpu": cpu_details,
        "init": cold_details,
        "layer": layer_details,
        "cost": cost_details,
    }
    return [*counted, *ratios, *inits, *sizes, *dollars], details

"""CPU of a function's cold start, each in an interpreter of its own, interleaved with a bare function's.

Two programs: init alone, which has limits; and init with the first request answered, reported beside, since what an
init puts off has to be done then.
"""

from __future__ import annotations

import os
import pickle
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import layer, limits
from bench.figures import Figure
from bench.loading import loaded
from bench.operations import Run
from bench.replaying import Replay
from bench.shop import checkout_event, webhook_event
from tests.support.deployment import Deployment
from tests.support.engine import Engine

ROOT = Path(__file__).resolve().parents[1]
BARE = "bare"
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))


@dataclass(frozen=True, slots=True)
class Cold:
    """CPU seconds of one process, by function and round."""

    seconds: dict[str, list[float]]

    def ratio(self, name: str) -> float:
        pairs = zip(self.seconds[name], self.seconds[BARE], strict=True)
        return statistics.median(mine / bare for mine, bare in pairs)

    def milliseconds(self, name: str) -> float:
        return round(statistics.median(self.seconds[name]) * 1000, 1)


def measure(run: Run, *, rounds: int, gated: bool) -> tuple[list[Figure], dict[str, Any]]:
    """Init over the bare function's; and for each function, what it loads and what takes the time."""
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        environment = _environment(run, Path(folder))
        inits = {name: _init(name) for name in [BARE, *FUNCTIONS]}
        init = _race(inits, environment, rounds)
        first = _race(_first_requests(run, Path(folder)), environment, rounds)
        details = {
            name: {"init_cpu_ms": init.milliseconds(name), **loaded(command, _for(name, environment))}
            for name, command in inits.items()
        }
    for name in first.seconds:
        details[name]["init_and_first_request_cpu_ms"] = first.milliseconds(name)
    return [*_figures(init, first, gated)], {"rounds": rounds, "functions": details}


def _figures(init: Cold, first: Cold, gated: bool) -> Iterable[Figure]:
    for name in FUNCTIONS:
        limit = limits.INIT_OVER_BARE[name]
        yield Figure(f"init: {name} over bare", init.ratio(name), "ratio", "timed", limit, gated)
    for name in first.seconds:
        if name != BARE:
            yield Figure(f"init and first request: {name} over bare", first.ratio(name), "ratio", "timed")


def _init(name: str) -> list[str]:
    module = BARE if name == BARE else "app"
    return [sys.executable, "-S", "-c", f"import {module}; {module}.handler"]


def _first_requests(run: Run, folder: Path) -> dict[str, list[str]]:
    """For every function whose requests are among those that were observed."""
    deployed = Deployment(Engine(""), run.environment["SECRETS_PREFIX"], run.environment)
    events: dict[str, Any] = {
        BARE: {"pk": {"S": "one"}, "sk": {"S": "item"}},
        "checkout_api": checkout_event(deployed),
        "event_relay": {"Records": run.core_records},
        "inbox_consumer": {"Records": [run.inbox_record]},
        "provider_webhook": webhook_event(run.payload, run.webhook_secret),
    }
    replay = Replay(run.all_exchanges)
    commands = {}
    for name, event in events.items():
        file = folder / f"{name}.pickle"
        file.write_bytes(pickle.dumps((event, replay)))
        module = BARE if name == BARE else "app"
        commands[name] = [sys.executable, "-S", "-m", "bench.first_request", module, str(file)]
    return commands


def _race(commands: Mapping[str, list[str]], environment: dict[str, str], rounds: int) -> Cold:
    cold = Cold({name: [] for name in commands})
    for number in range(rounds + 1):
        for name, command in commands.items():
            took = _cpu_seconds(command, _for(name, environment))
            if number:  # the first round compiles
                cold.seconds[name].append(took)
    return cold


def _cpu_seconds(command: list[str], environment: dict[str, str]) -> float:
    """User and system time of a process that must succeed."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, environment, file_actions=nowhere)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime


def _environment(run: Run, folder: Path) -> dict[str, str]:
    """What Lambda gives; the layer's packages, and compiled files in a folder of their own."""
    site = folder / "site"
    site.mkdir()
    return {
        **{name: value for name, value in run.environment.items() if name != "AWS_ENDPOINT_URL"},
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONPATH": str(layer.stand_in(site)),
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": os.devnull,
    }


def _for(name: str, environment: dict[str, str]) -> dict[str, str]:
    """The function's folder and our package on the path, as Lambda puts them there, before the packages."""
    function = ROOT / "bench" if name == BARE else ROOT / "functions" / name
    shared = os.environ.get("TOLLGATE_BENCH_LAYER", str(ROOT / "layers/shared"))
    path = os.pathsep.join([str(function), shared, environment["PYTHONPATH"], str(ROOT)])
    return environment | {"PYTHONPATH": path, "POWERTOOLS_SERVICE_NAME": name}

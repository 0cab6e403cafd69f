"""CPU of whole handlers with the network replayed, over one raw put and over the checkout with Powertools."""

from __future__ import annotations

import base64
import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.httpsession import URLLib3Session
from urllib3 import PoolManager

from bench import limits
from bench.exchange import aws_target, stripe_target
from bench.figures import Figure
from bench.operations import Run
from bench.peers import PowertoolsOpening, raw_put
from bench.racing import Prepare, Race, race
from bench.replaying import replayed
from bench.shop import checkout_event, webhook_event
from tests.support.deployment import Deployment
from tests.support.engine import Engine
from tests.support.requests import context

type Handler = Callable[[dict[str, Any], Any], Any]


def measure(run: Run, *, rounds: int, runs: int, gated: bool) -> tuple[list[Figure], dict[str, Any]]:
    """The four ratios, with what they are made of. The engine and the simulator have ended: no thread of theirs is
    counted.
    """
    with in_place_of_aws(run):
        ways = contestants(run)
        asked = {name: requests(prepare) for name, prepare in ways.items()}
        result = race(ways, rounds=rounds, runs=runs)
    held = (
        ("checkout_create", "raw_put_payment", limits.CHECKOUT_OVER_RAW_PUT),
        ("checkout_create", "checkout_powertools", limits.CHECKOUT_OVER_POWERTOOLS),
        ("checkout_create", "checkout_powertools_lean", None),
        ("webhook_accept", "raw_put_event", limits.ACCEPT_OVER_RAW_PUT),
        ("webhook_accept_and_apply", "raw_put_event", limits.ACCEPT_AND_APPLY_OVER_RAW_PUT),
    )
    figures = [
        Figure(f"cpu: {name} over {base}", result.ratio(name, base), "ratio", "timed", limit, gated=gated)
        for name, base, limit in held
    ]
    return figures, {**_details(result, rounds, runs), "asked_by_one_run": asked}


def requests(prepare: Prepare) -> dict[str, int]:
    """What one run more asks of DynamoDB and Stripe."""
    asked: Counter[str] = Counter()
    (act,) = prepare(1)
    aws, stripe = URLLib3Session.send, PoolManager.urlopen

    def through_aws(_session: object, request: Any) -> Any:
        asked[aws_target(request)] += 1
        return aws(request)  # type: ignore[call-arg]

    def through_stripe(_pools: object, method: str, url: str, **options: Any) -> Any:
        asked[stripe_target(method, url)] += 1
        return stripe(method, url, **options)  # type: ignore[arg-type]

    with patch.object(URLLib3Session, "send", through_aws), patch.object(PoolManager, "urlopen", through_stripe):
        act()
    return dict(asked)


def _details(result: Race, rounds: int, runs: int) -> dict[str, Any]:
    times = {name: round(result.microseconds(name), 1) for name in result.seconds}
    return {"rounds": rounds, "runs_per_round": runs, "median_cpu_microseconds": times}


def contestants(run: Run) -> dict[str, Prepare]:
    """Each has an instance of its function to itself."""
    deployed = Deployment(Engine(""), run.environment["SECRETS_PREFIX"], run.environment)
    core, inbox = (run.environment[name] for name in ("CORE_TABLE", "INBOX_TABLE"))
    webhook = deployed.fresh("provider_webhook").handler
    consumer = deployed.fresh("inbox_consumer").handler

    def both(event: dict[str, Any], context: Any) -> None:
        webhook(event, context)
        consumer({"Records": [run.inbox_record]}, context)

    def checkouts(peer: Callable[[Any], Any] | None = None) -> Prepare:
        return _events(_checkout_handler(deployed, peer), lambda: checkout_event(deployed))

    return {
        "raw_put_payment": _same(raw_put(core, _stored(run, "checkout_create", "payment"))),
        "checkout_create": checkouts(),
        "checkout_powertools": checkouts(PowertoolsOpening),
        "checkout_powertools_lean": checkouts(lambda parts: PowertoolsOpening(parts, lean=True)),
        "raw_put_event": _same(raw_put(inbox, _stored(run, "webhook_accept", "provider_event"))),
        "webhook_accept": webhooks(webhook, run),
        "webhook_accept_and_apply": webhooks(both, run),
    }


def webhooks(handler: Handler, run: Run) -> Prepare:
    """The event that was observed, signed anew each time."""
    return _events(handler, lambda: webhook_event(run.payload, run.webhook_secret))


def _checkout_handler(deployed: Deployment, peer: Callable[[Any], Any] | None) -> Handler:
    """An instance of the function, perhaps with another way to open a checkout."""
    function = deployed.fresh("checkout_api")
    if peer is not None:
        object.__setattr__(function.api, "opening", peer(function.api.opening))
    handler: Handler = function.handler
    return handler


def _events(handler: Handler, make: Callable[[], dict[str, Any]]) -> Prepare:
    """Each run has an event of its own: another buyer, another key, another token or signature."""
    first = handler(make(), context())
    assert first is None or first["statusCode"] < 300, first

    def prepare(runs: int) -> list[Callable[[], object]]:
        events = [(make(), context()) for _ in range(runs)]
        return [lambda event=event, about=about: handler(event, about) for event, about in events]  # type: ignore[misc]

    return prepare


def _same(act: Callable[[], object]) -> Prepare:
    return lambda runs: [act] * runs


def _stored(run: Run, operation: str, kind: str) -> Mapping[str, Any]:
    """The last item of that kind which the operation put, as boto3 takes it."""
    found: list[Mapping[str, Any]] = []
    for exchange in run.sent[operation]:
        sent = exchange.sent() if exchange.target.startswith("dynamodb.") else {}
        puts = [entry["Put"] for entry in sent.get("TransactItems", []) if "Put" in entry] + [sent]
        found += [put["Item"] for put in puts if put.get("Item", {}).get("kind", {}).get("S") == kind]
    return {name: _native(value) for name, value in found[-1].items()}


def _native(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"B": base64.b64decode(value["B"])} if "B" in value else value


@contextmanager
def in_place_of_aws(run: Run) -> Iterator[None]:
    """Nothing leaves the process: what was observed is answered again."""
    with _in_the_cloud(run), replayed(run.all_exchanges), _muted():
        yield


@contextmanager
def _in_the_cloud(run: Run) -> Iterator[None]:
    """Clients find their endpoints as they do in a region of AWS."""
    with patch.dict(os.environ, run.environment):
        del os.environ["AWS_ENDPOINT_URL"]
        yield


@contextmanager
def _muted() -> Iterator[None]:
    """Logs are written, as the functions must, to where nobody reads them."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield

"""What can befall one call. Every operation is tried with each of these at each of its calls."""

from __future__ import annotations

import json
from collections.abc import Callable

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from bench.exchange import aws_target, request_bytes
from tests.support import faults
from tests.support.crashing_wire import AwsFault, Call, Crashed, Fault, Wire
from tests.support.faults import Send

READ_TIMEOUT_SECONDS = 3.0
# The fault lasts beyond the first retry of whoever asked; the second finds the provider well.
TWICE = 2


def _aws(call: Call) -> bool:
    return call.is_aws


def _dynamodb(call: Call) -> bool:
    return call.name.startswith("dynamodb.")


def _write(call: Call) -> bool:
    return call.is_write


def _bus(call: Call) -> bool:
    return call.name == "events.PutEvents"


def _provider(call: Call) -> bool:
    return not call.is_aws


def _any(_: Call) -> bool:
    return True


def _crash_before(wire: Wire, _: Send, __: AWSPreparedRequest) -> AWSResponse:
    wire.die()
    raise Crashed


def _crash_after(wire: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
    send(request)
    wire.die()
    raise Crashed


def _answer_lost(wire: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
    send(request)
    wire.time.seconds += READ_TIMEOUT_SECONDS
    raise ReadTimeoutError(endpoint_url=request.url)


def _conflict(_: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
    return _cancelled("TransactionConflict", "TransactionConflictException", send, request)


def _over_capacity(_: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
    return _cancelled("ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException", send, request)


def _cancelled(reason: str, error: str, send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A transaction is cancelled for this reason at its first item; any other call gets the error of that name."""
    if aws_target(request) != "dynamodb.TransactWriteItems":
        return faults.refused(error)(send, request)
    others = len(json.loads(request_bytes(request.body))["TransactItems"]) - 1
    return faults.cancelled(reason, *["None"] * others)(send, request)


def _plain(fault: faults.Fault) -> AwsFault:
    return lambda _, send, request: fault(send, request)


def _stalled(*, after: bool) -> AwsFault:
    def fault(wire: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
        response = send(request) if after else None
        wire.stall()
        return response if response is not None else send(request)

    return fault


def _refuses(chosen: Callable[[int, int], bool]) -> AwsFault:
    """The bus takes some entries and refuses the others: by their place and the number of all."""

    def fault(_: Wire, send: Send, request: AWSPreparedRequest) -> AWSResponse:
        entries = json.loads(request_bytes(request.body))["Entries"]
        refused = [place for place in range(len(entries)) if chosen(place, len(entries))]
        taken = [entry for place, entry in enumerate(entries) if place not in refused]
        results = iter(_put(send, request, taken))
        told = [
            {"ErrorCode": "ThrottlingException"} if place in refused else next(results) for place in range(len(entries))
        ]
        body = json.dumps({"FailedEntryCount": len(refused), "Entries": told}).encode()
        return faults._answer(request, 200, body)

    return fault


def _put(send: Send, request: AWSPreparedRequest, entries: list[object]) -> list[object]:
    if not entries:
        return []
    request.body = json.dumps({"Entries": entries}).encode()
    request.headers["Content-Length"] = str(len(request.body))
    return list(json.loads(send(request).content)["Entries"])


def _once_and_lasting(name: str, fits: Callable[[Call], bool], fault: AwsFault) -> tuple[Fault, Fault]:
    lasting = Fault(f"{name}, for as long as patience lasts", fits, fault, lasting=True)
    return Fault(f"{name}, once", fits, fault), lasting


CRASH_BEFORE = Fault("crash before", _any, _crash_before, "crash before")
CRASH_AFTER = Fault("crash after", _any, _crash_after, "crash after")
STALLED_BEFORE = Fault("stalled before", _any, _stalled(after=False), "stalled before")
STALLED_AFTER = Fault("stalled after", _any, _stalled(after=True), "stalled after")

FAULTS: tuple[Fault, ...] = (
    CRASH_BEFORE,
    CRASH_AFTER,
    STALLED_BEFORE,
    STALLED_AFTER,
    *_once_and_lasting("answer lost", _aws, _answer_lost),
    *_once_and_lasting("transaction conflict", _write, _conflict),
    *_once_and_lasting("throttled", _aws, _plain(faults.refused("ThrottlingException"))),
    *_once_and_lasting("over capacity", _dynamodb, _over_capacity),
    *_once_and_lasting("connection reset", _aws, _plain(faults.lost_request)),
    Fault("bus refuses the first entry", _bus, _refuses(lambda place, _: place == 0), scrambles=True),
    Fault("bus refuses a middle entry", _bus, _refuses(lambda place, all_: place == all_ // 2), scrambles=True),
    Fault("bus refuses from the second entry on", _bus, _refuses(lambda place, _: place > 0)),
    Fault("bus refuses the last entry", _bus, _refuses(lambda place, all_: place == all_ - 1)),
    Fault("bus refuses all", _bus, _refuses(lambda _, __: True)),
    Fault("provider's answer lost", _provider, provider="drop"),
    Fault("provider's answers lost twice", _provider, provider="drop", lasting=True),
    Fault("provider resets the connection", _provider, provider="reset"),
    Fault("provider answers 429", _provider, provider="429"),
    Fault("provider answers 503", _provider, provider="503"),
    Fault("provider answers 500 and keeps it", _provider, provider="500"),
    Fault("provider answers 500 twice", _provider, provider="500 twice"),
    Fault("provider answers 500 after the work", _provider, provider="500 after", leaves_a_page=True),
)

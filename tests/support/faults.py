"""Faults between botocore and the wire: the store refuses, the network breaks before or after the request arrives."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from pynamodb.connection import Connection

from tollgate.adapters.dynamodb.failures import Patience

type Send = Callable[[AWSPreparedRequest], AWSResponse]
type Fault = Callable[[Send, AWSPreparedRequest], AWSResponse]

# Far past what any patience sends: a loop without an end is found here, not by a timeout.
ENOUGH = 2000


class FaultyHttp:
    """Answers each request by the next fault of the plan, and, after the last, as the real session does."""

    def __init__(self, real: Any, time: FakeTime) -> None:
        self._real = real
        self._time = time
        self.plan: Iterator[Fault | None] = iter(())
        self.operations: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        self.operations.append(str(request.headers["X-Amz-Target"]).rpartition(".")[2].removesuffix("'"))
        self.bodies.append(_body(request))
        if len(self.operations) > ENOUGH:
            raise AssertionError("it is sent again and again without an end")
        self._time.seconds += 0.005
        fault = next(self.plan, None)
        answer: AWSResponse = fault(self._real.send, request) if fault else self._real.send(request)
        return answer


class FakeTime:
    """Time that passes only by sleeping and by sending."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds

    def patience(self, budget: float = 5.0) -> Patience:
        return Patience(budget=budget, sleep=self.sleep, clock=lambda: self.seconds)


@contextmanager
def faulty(connection: Connection, time: FakeTime) -> Iterator[FaultyHttp]:
    """The connection's HTTP session, with faults, for as long as it lasts."""
    endpoint: Any = connection.client._endpoint
    real = endpoint.http_session
    endpoint.http_session = FaultyHttp(real, time)
    try:
        yield endpoint.http_session
    finally:
        endpoint.http_session = real


def refused(code: str, status: int = 400, **more: Any) -> Fault:
    """DynamoDB answers with an error, without effect."""

    def fault(_: Send, request: AWSPreparedRequest) -> AWSResponse:
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected", **more}
        return _answer(request, status, json.dumps(body).encode())

    return fault


def cancelled(*codes: str) -> Fault:
    """A transaction that was cancelled for these reasons, one per item."""
    return refused("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


def broken_gateway(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A 503 that nobody wrote for machines."""
    return _answer(request, 503, b"<html>Service Unavailable</html>")


def no_connection(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    raise EndpointConnectionError(endpoint_url=request.url)


def no_connection_in_time(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=request.url)


def lost_request(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The connection breaks before the store has read anything."""
    raise ConnectionClosedError(endpoint_url=request.url)


def lost_answer(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The store does its work, and nobody hears of it."""
    send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def damaged_answer(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The store does its work, and what it says arrives with a broken sum."""
    answer = send(request)
    answer.headers["x-amz-crc32"] = "1"
    return answer


def cut_short(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A query that stops at its size limit, after one item."""
    request.body = json.dumps({**_body(request), "Limit": 1}).encode()
    request.headers["Content-Length"] = str(len(request.body))
    return send(request)


def unprocessed(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A batch read of which nothing was done this time."""
    asked = _body(request)["RequestItems"]
    return _answer(request, 200, json.dumps({"Responses": {}, "UnprocessedKeys": asked}).encode())


def forbidden(reason: str) -> Callable[[AWSPreparedRequest], AWSResponse]:
    """AWS knows who asks, and that they may not; in JSON, but for S3."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        if "/s3/aws4_request" in str(request.headers["Authorization"]):
            status, told = 403, f"<Error><Code>AccessDenied</Code><Message>{reason}</Message></Error>"
        else:
            told = json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": reason})
            status = 400 if "X-Amz-Target" in request.headers else 403
        return _answer(request, status, told.encode())

    return answer


def _body(request: AWSPreparedRequest) -> Any:
    body = request.body
    assert isinstance(body, str | bytes)
    return json.loads(body)


def _answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    class Body(io.BytesIO):
        def stream(self) -> Iterator[bytes]:
            yield self.read()

    headers = HTTPHeaders()
    headers["x-amzn-RequestId"] = "injected"
    return AWSResponse(request.url, status, headers, Body(body))

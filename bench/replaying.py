"""Both transports answered from what an engine and the simulator said before: no socket, no waiting, and every byte of
a real answer to parse. Loads as little as it can: cold starts are measured with it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from botocore.awsrequest import AWSResponse

from bench.exchange import Exchange, aws_target, request_bytes, stripe_target

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

# What one request reads differs from what another reads, and from what it would read once the operation was done; a
# write that is taken is answered alike.
_BY_REQUEST = frozenset({"dynamodb.GetItem", "dynamodb.BatchGetItem", "secretsmanager.GetSecretValue"})
_WRITES = ("dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.TransactWriteItems")


class _Body:
    """What botocore reads an answer from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


class Replay:
    """Answers by operation, and for reads by what was asked: each finds what it found the first time."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._answers: dict[tuple[str, str], tuple[bytes, dict[str, str]]] = {}
        for exchange in exchanges:
            key = self._key(exchange.target, exchange.request)
            seen = key in self._answers and exchange.target in _BY_REQUEST
            if exchange.status in (200, 201) and not seen:
                self._answers[key] = _ready(exchange.answer)
        self._answers |= {(name, ""): _ready(b"{}") for name in _WRITES}

    @staticmethod
    def _key(target: str, request: bytes) -> tuple[str, str]:
        if target not in _BY_REQUEST:
            return (target, "")
        return (target, json.dumps(json.loads(request), sort_keys=True))

    def aws(self, request: Any) -> AWSResponse:
        content, headers = self._answers[self._key(aws_target(request), request_bytes(request.body))]
        return AWSResponse(request.url, 200, cast("Any", headers), _Body(content))

    def stripe(self, method: str, url: str, **_options: object) -> HTTPResponse:
        from urllib3 import HTTPResponse

        content, _ = self._answers[self._key(stripe_target(method, url), b"")]
        return HTTPResponse(content, {"content-type": "application/json", "request-id": "req_bench"}, 200)


def _ready(content: bytes) -> tuple[bytes, dict[str, str]]:
    """DynamoDB's own headers; the client checks the sum."""
    return content, {
        "content-type": "application/x-amz-json-1.0",
        "content-length": str(len(content)),
        "x-amzn-requestid": "6PVVDI4EGN7F4HJQ3NV7M9L3B7VV4KQNSO5AEMVJF66Q9ASUAAJG",
        "x-amz-crc32": str(zlib.crc32(content)),
        "date": "Mon, 02 Nov 2026 10:00:00 GMT",
        "server": "Server",
        "connection": "keep-alive",
    }


@contextmanager
def replayed(exchanges: Sequence[Exchange]) -> Iterator[None]:
    """For as long as the block lasts, nothing leaves the process."""
    from unittest.mock import patch

    from botocore.httpsession import URLLib3Session
    from urllib3 import PoolManager

    replay = Replay(exchanges)
    # Bound already: the session and the pools that would have sent are not passed on.
    with (
        patch.object(URLLib3Session, "send", replay.aws),
        patch.object(PoolManager, "urlopen", replay.stripe),
    ):
        yield

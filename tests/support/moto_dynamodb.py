"""moto's DynamoDB, made to keep two promises it does not: one request at a time, and a transaction once per token.

It waits where botocore's client sends; ours goes past that to the session, and is caught there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.dynamodb.responses import DynamoHandler


@contextmanager
def moto_dynamodb() -> Iterator[None]:
    """An empty DynamoDB in this process for as long as it lasts. Not for races: those need a real engine."""
    lock, answered = threading.RLock(), dict[str, Any]()
    act, transact = DynamoHandler.call_action, DynamoHandler.transact_write_items

    def one_at_a_time(handler: DynamoHandler) -> Any:
        with lock:
            return act(handler)

    def once_per_token(handler: DynamoHandler) -> Any:
        token = handler.body.get("ClientRequestToken")
        if token not in answered:
            result = transact(handler)
            if token is None:
                return result
            answered[token] = result
        return answered[token]

    def answered_here(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        answer = botocore_stubber("before-send", request)
        assert answer is not None, f"moto has no {request.url}"
        return answer

    with (
        mock_aws(),
        patch.object(URLLib3Session, "send", answered_here),
        patch.object(DynamoHandler, "call_action", one_at_a_time),
        patch.object(DynamoHandler, "transact_write_items", once_per_token),
    ):
        yield

"""What leaves for DynamoDB and what is made of its answers: botocore's own client would do the same."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ChecksumError, ClientError, HTTPClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from tests.support.moto_dynamodb import moto_dynamodb
from tests.support.stores import on_dynamo
from tollgate.adapters.dynamodb.store import connect
from tollgate.adapters.dynamodb.wire import Wire

PUT = {"TableName": "core", "Item": {"pk": {"S": "zoë"}, "sk": {"B": b"\x00\xff"}}}


@dataclass
class Line:
    """Answers every request alike, and keeps what was sent."""

    status: int = 200
    content: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: list[AWSPreparedRequest] = field(default_factory=list)

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        self.sent.append(request)
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        return AWSResponse(request.url, self.status, headers, _Body(self.content))


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    with patch.object(URLLib3Session, "send", lambda _, request: made.send(request)):
        yield made


def a_wire(region: str = "eu-west-1", host: str | None = None) -> Wire:
    made = connect(region, host)
    assert isinstance(made, Wire)
    return made


def test_a_request_says_what_and_is_signed(line: Line) -> None:
    a_wire().dispatch("PutItem", PUT)
    (request,) = line.sent
    assert (request.method, request.url) == ("POST", "https://dynamodb.eu-west-1.amazonaws.com/")
    assert request.headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert "/eu-west-1/dynamodb/aws4_request" in request.headers["Authorization"]
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {"TableName": "core", "Item": {"pk": {"S": "zoë"}, "sk": {"B": "AP8="}}}


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_the_environment_names_another_endpoint(line: Line, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4999")
    a_wire().dispatch("PutItem", PUT)
    assert line.sent[0].url == "http://127.0.0.1:4999/"
    assert line.sent[0].headers["Host"] == "127.0.0.1:4999"


def test_the_services_own_endpoint_goes_first(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4998")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4999")
    a_wire().dispatch("PutItem", PUT)
    assert line.sent[0].url == "http://127.0.0.1:4999/"


def test_the_environment_names_the_region(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-2")
    connect().dispatch("PutItem", PUT)
    assert line.sent[0].url == "https://dynamodb.ap-southeast-2.amazonaws.com/"


def test_credentials_are_renewed_before_they_expire(line: Line) -> None:
    def fresh(number: int, minutes: float) -> dict[str, str]:
        expiry = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
        key = f"AKID{number}"
        return {"access_key": key, "secret_key": "s", "token": f"token-{number}", "expiry_time": expiry}

    wire = a_wire()
    wire.client._request_signer._credentials = RefreshableCredentials.create_from_metadata(
        fresh(1, minutes=1), lambda: fresh(2, minutes=60), "test"
    )
    for _ in range(2):
        wire.dispatch("PutItem", PUT)
    for request in line.sent:
        assert "Credential=AKID2/" in request.headers["Authorization"]
        assert request.headers["X-Amz-Security-Token"] == "token-2"


def test_without_credentials_nothing_is_sent(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        a_wire().dispatch("PutItem", PUT)
    assert not line.sent


def test_binary_values_come_back_as_bytes_wherever_they_are(line: Line) -> None:
    item = {"pk": {"S": "B"}, "B": {"S": "x"}, "payload": {"B": "AP8="}, "more": {"M": {"in": {"B": "AA=="}}}}
    line.content = json.dumps({"Items": [item], "Count": 1}).encode()
    (found,) = a_wire().dispatch("Query", {})["Items"]
    assert found == item | {"payload": {"B": b"\x00\xff"}, "more": {"M": {"in": {"B": b"\x00"}}}}


def test_a_refusal_has_all_that_dynamodb_told(line: Line) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"payload": {"B": "AP8="}}}]
    body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "cancelled"}
    line.status, line.content = 400, json.dumps({**body, "CancellationReasons": reasons}).encode()
    line.headers = {"x-amzn-RequestId": "ABC"}
    with pytest.raises(ClientError, match=r"cancelled \(request ABC\)") as caught:
        a_wire().dispatch("TransactWriteItems", {})
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["ResponseMetadata"] == {"HTTPStatusCode": 400, "RequestId": "ABC"}
    assert response["CancellationReasons"][1]["Item"] == {"payload": {"B": b"\x00\xff"}}
    assert caught.value.operation_name == "TransactWriteItems"


@pytest.mark.parametrize(("status", "content"), [(503, b"<html>"), (500, b""), (502, b"\xff\xfe")])
def test_an_error_that_nobody_wrote_for_us_is_named_by_its_status(line: Line, status: int, content: bytes) -> None:
    line.status, line.content = status, content
    with pytest.raises(ClientError) as caught:
        a_wire().dispatch("PutItem", PUT)
    assert caught.value.response["Error"]["Code"] == str(status)


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"Item": {', b"\xff\xfe"])
def test_an_answer_that_cannot_be_read_tells_nothing(line: Line, content: bytes) -> None:
    line.content = content
    with pytest.raises(HTTPClientError):
        a_wire().dispatch("PutItem", PUT)


def test_an_answer_that_was_damaged_tells_nothing(line: Line) -> None:
    line.headers = {"x-amz-crc32": str(zlib.crc32(b"{}"))}
    assert a_wire().dispatch("PutItem", PUT) == {}
    line.content = b'{"a":1}'
    with pytest.raises(ChecksumError):
        a_wire().dispatch("PutItem", PUT)


def test_it_says_what_botocores_client_says() -> None:
    """The same refusals and the same items, from one engine."""
    with moto_dynamodb():
        store = on_dynamo(None)
        wire: Any = store.connection
        name, key = store.core_name, {"pk": {"S": "a"}, "sk": {"S": "b"}}
        put = {"TableName": name, "Item": {**key, "n": {"N": "7"}, "payload": {"B": b"\x00"}}}
        refused = put | {"ConditionExpression": "attribute_not_exists(pk)"}
        refused["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        wire.dispatch("PutItem", put)
        for operation, request in (
            ("GetItem", {"TableName": name, "Key": key, "ConsistentRead": True}),
            ("BatchGetItem", {"RequestItems": {name: {"Keys": [key]}}}),
            ("PutItem", refused),
            ("TransactWriteItems", {"TransactItems": [{"Put": refused}]}),
            ("GetItem", {"TableName": "no-such-table", "Key": key}),
        ):
            ours = _told(wire.dispatch, operation, request)
            assert ours == _told(wire.client._make_api_call, operation, request)


def _told(send: Any, operation: str, request: Any) -> Any:
    try:
        answer = send(operation, request)
    except ClientError as error:
        response: Any = error.response
        code = response["Error"]["Code"]
        return code, response.get("Item"), response.get("CancellationReasons")
    return {name: value for name, value in answer.items() if name in ("Item", "Responses", "UnprocessedKeys")}

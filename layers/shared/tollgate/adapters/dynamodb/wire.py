"""DynamoDB's JSON protocol, spoken directly. botocore still finds the endpoint, the region and the credentials, and
owns the connections; what it does around each call (rules for endpoints, shapes, hooks) takes longer than all of our
own work and is the same each time, so that part is left out.
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ChecksumError, ClientError, HTTPClientError, NoCredentialsError
from pynamodb.connection import Connection

from tollgate.adapters.dynamodb.signing import signed_headers

_VERSION = "DynamoDB_20120810"


class Wire(Connection):
    """pynamodb's connection: it makes the client, with its timeouts, and describes the tables; requests and answers are
    plain dictionaries as DynamoDB's API documents them, with binary values as bytes.
    """

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """One request, sent once. Raises botocore's errors: `ClientError` for what DynamoDB refuses, with all that the
        answer told, and those of its HTTP session for the network.
        """
        client = self.client
        credentials = client._request_signer._credentials  # noqa: SLF001 - where pynamodb looks for them too
        if credentials is None:
            raise NoCredentialsError
        body = _ENCODER.encode(operation_kwargs).encode()
        url = client.meta.endpoint_url.rstrip("/") + "/"
        # Frozen: credentials that are renewed meanwhile must not be mixed with the old ones.
        frozen = credentials.get_frozen_credentials()
        target = f"{_VERSION}.{operation_name}"
        headers = signed_headers(url, target, body, client.meta.region_name, frozen, time.time())
        session = client._endpoint.http_session  # noqa: SLF001 - keeps its connections; nothing public leads to it
        request = AWSPreparedRequest("POST", url, headers, body, stream_output=False)  # type: ignore[arg-type]  # any mapping
        return _read(operation_name, session.send(request))


def _read(operation: str, answer: AWSResponse) -> dict[str, Any]:
    content = answer.content
    _check(content, answer.headers.get("x-amz-crc32"))
    decoder = _BINARY_DECODER if b'"B"' in content else _DECODER
    try:
        body: dict[str, Any] = decoder.decode(content.decode())
    except ValueError as error:
        if answer.status_code < 300:
            raise HTTPClientError(error=error) from error
        body = {}
    if answer.status_code < 300:
        return body
    raise _refusal(operation, answer, body)


def _check(content: bytes, expected: str | None) -> None:
    """DynamoDB sends a sum of every answer: one that was damaged on its way tells nothing."""
    if expected is not None and zlib.crc32(content) != int(expected):
        raise ChecksumError(checksum_type="crc32", expected_checksum=expected, actual_checksum=str(zlib.crc32(content)))


def _refusal(operation: str, answer: AWSResponse, body: Mapping[str, Any]) -> ClientError:
    """As botocore reads it: the name behind `#` in `__type`, or the status of an answer that nobody wrote for us."""
    code = str(body.get("__type", answer.status_code)).rpartition("#")[2]
    request_id = answer.headers.get("x-amzn-requestid", "none")
    message = body.get("message") or body.get("Message") or ""
    response: dict[str, Any] = {
        **body,
        "Error": {"Code": code, "Message": f"{message} (request {request_id})"},
        "ResponseMetadata": {"HTTPStatusCode": answer.status_code, "RequestId": request_id},
    }
    return ClientError(response, operation)  # type: ignore[arg-type]  # its type leaves out what DynamoDB adds


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    encoded = value.get("B")
    return {"B": base64.b64decode(encoded)} if isinstance(encoded, str) else value


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_base64)
_DECODER = json.JSONDecoder()
# Looks at every object, which takes three times as long: only for answers that may hold binary values.
_BINARY_DECODER = json.JSONDecoder(object_hook=_binary)

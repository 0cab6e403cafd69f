"""Our signatures are those of botocore's own signer, header for header."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials

from tollgate.adapters.dynamodb.signing import signed_headers

AT = datetime(2026, 11, 5, 23, 59, 59, tzinfo=UTC)
TARGET = "DynamoDB_20120810.TransactWriteItems"


def botocores(url: str, body: bytes, region: str, credentials: Any) -> dict[str, str]:
    request = AWSRequest("POST", url, {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGET}, body)
    with patch("botocore.auth.get_current_datetime", return_value=AT):
        SigV4Auth(Credentials(*credentials[:3]), "dynamodb", region).add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize(
    "url",
    [
        "https://dynamodb.eu-west-1.amazonaws.com/",
        "https://123456789012.ddb.us-east-1.amazonaws.com/",
        "http://127.0.0.1:4566/",
        "http://localhost:8000/behind/a/path/",
    ],
)
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1"])
@pytest.mark.parametrize("token", [None, "a session's token/with+signs=="])
@pytest.mark.parametrize("body", [b"{}", '{"pk":{"S":"zoë"}}'.encode(), b"x" * 100_000])
def test_every_signature_is_botocores(url: str, region: str, token: str | None, body: bytes) -> None:
    credentials = ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    ours = signed_headers(url, TARGET, body, region, credentials, AT.timestamp())
    host = ours.pop("Host")  # botocore signs it too, and leaves sending it to the HTTP client
    assert host == url.split("/")[2]
    assert ours == botocores(url, body, region, credentials)


def test_a_signature_is_good_for_its_time_only() -> None:
    credentials = ReadOnlyCredentials("AKID", "secret", None)
    now, later = (
        signed_headers("https://dynamodb.eu-west-1.amazonaws.com/", TARGET, b"{}", "eu-west-1", credentials, at)
        for at in (time.time(), time.time() + 1)
    )
    assert now["Authorization"] != later["Authorization"]

"""AWS's signature version 4 for the one kind of request that DynamoDB takes: a POST without a query, whose few headers
are all signed. Source: "Create a signed AWS API request" in the IAM user guide; botocore's signer gives the same.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache
from urllib.parse import urlsplit

from botocore.credentials import ReadOnlyCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"


def signed_headers(
    url: str, target: str, body: bytes, region: str, credentials: ReadOnlyCredentials, seconds: float
) -> dict[str, str]:
    """All headers of the request. `seconds` is wall time since 1970: AWS refuses what is five minutes off."""
    parts, stamp = urlsplit(url), time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))
    # In the order of their names, as they are signed.
    headers = {"Content-Type": "application/x-amz-json-1.0", "Host": parts.netloc, "X-Amz-Date": stamp}
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    headers["X-Amz-Target"] = target
    names = ";".join(headers).lower()
    lines = "".join([f"{name.lower()}:{value}\n" for name, value in headers.items()])
    request = f"POST\n{parts.path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/dynamodb/aws4_request"
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials.secret_key or "", scope), text.encode(), "sha256").hex()
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=2)
def _key(secret: str, scope: str) -> bytes:
    """The same all day for one region."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key

"""AWS's errors in words: what is wrong with the operator's session, and what to do next."""

from __future__ import annotations

import os

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from tollgate.adapters.dynamodb.failures import code_of

AWS_ERRORS = (BotoCoreError, ClientError)

_SIGN_IN = (
    "Next: sign in (aws sso login, or AWS_PROFILE=…, or AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…), "
    "or use the laptop stack: STACK=local"
)
_NO_SESSION = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def settle_region() -> None:
    """boto3 reads AWS_DEFAULT_REGION only, where AWS's other tools read AWS_REGION, and read it first."""
    if region := os.environ.get("AWS_REGION"):
        os.environ["AWS_DEFAULT_REGION"] = region


def explained(error: Exception) -> str:
    """What went wrong, and what to do next where that is known."""
    next_ = _next(error, code_of(error))
    return f"{error}\n{next_}" if next_ else str(error)


def _next(error: Exception, code: str) -> str:
    if isinstance(error, _NO_SESSION) or code in _UNKNOWN_KEY | _EXPIRED:
        return _SIGN_IN
    if isinstance(error, NoRegionError):
        return "Next: name the region, AWS_REGION=eu-west-1, or set one in the profile"
    if isinstance(error, EndpointConnectionError):
        return "Next: check the network, the region (AWS_REGION) and AWS_ENDPOINT_URL"
    if code == "ResourceNotFoundException":
        return "Next: check the names, the region (AWS_REGION) and the account (AWS_PROFILE)"
    return "Next: use credentials that may do this (docs/operations.md lists the rights)" if code in _DENIED else ""

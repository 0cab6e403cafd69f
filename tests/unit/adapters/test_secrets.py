"""Secrets are read by name, kept a while, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches
from moto import mock_aws

from tollgate.adapters.secrets import SecretsManagerSecrets
from tollgate.kernel.errors import StoreUnavailable


@pytest.fixture(autouse=True)
def secrets_manager() -> Iterator[None]:
    with mock_aws():
        yield
    clear_caches()


def put(name: str, value: str) -> None:
    client = boto3.client("secretsmanager", region_name="us-east-1")
    try:
        client.create_secret(Name=name, SecretString=value)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=value)


def test_a_secret_is_found_under_the_prefix_of_its_deployment() -> None:
    put("tollgate/dev/stripe/api", json.dumps({"secret_key": "sk_test_1"}))
    assert SecretsManagerSecrets("tollgate/dev").get("stripe/api") == {"secret_key": "sk_test_1"}


def test_a_secret_is_read_once_in_a_while() -> None:
    put("tollgate/dev/auth", '{"a": 1}')
    secrets = SecretsManagerSecrets("tollgate/dev")
    secrets.get("auth")
    put("tollgate/dev/auth", '{"a": 2}')
    assert secrets.get("auth") == {"a": 1}
    assert SecretsManagerSecrets("tollgate/dev").get("auth") == {"a": 2}


@pytest.mark.parametrize("value", ["{}", "[]", '"text"', "null", "7"])
def test_what_was_never_filled_is_empty(value: str) -> None:
    put("tollgate/dev/stripe/webhook", value)
    assert SecretsManagerSecrets("tollgate/dev").get("stripe/webhook") == {}


@pytest.mark.parametrize("value", [None, "not json", ""])
def test_what_cannot_be_read_is_no_empty_secret(value: str | None) -> None:
    """Empty means disabled; unreadable means try again."""
    if value:
        put("tollgate/dev/auth", value)
    with pytest.raises(StoreUnavailable) as caught:
        SecretsManagerSecrets("tollgate/dev").get("auth")
    assert "not json" not in str(caught.value)

"""No test reaches beyond this machine.

Sockets connect to loopback only (see pyproject.toml), and the AWS credentials are made up.
"""

from __future__ import annotations

import os

from hypothesis import settings

from tests.support.collecting import keep_what_is_loaded

_NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_FORGOTTEN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION")


# A busy machine is slow, and nothing else: no test fails by the clock.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure() -> None:
    """In the environment, and not in a fixture, so that the programs a test starts inherit it."""
    for name in _FORGOTTEN:
        os.environ.pop(name, None)
    os.environ.update(_NO_CREDENTIALS)


def pytest_collection_finish() -> None:
    """All that is imported is there by now."""
    keep_what_is_loaded()

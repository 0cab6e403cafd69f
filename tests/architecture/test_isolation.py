"""The test run itself is fenced in."""

from __future__ import annotations

import os
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

DOCUMENTATION_ONLY = "192.0.2.1"  # RFC 5737: an address that is nobody's


def test_a_test_cannot_connect_to_another_machine() -> None:
    with (
        socket.socket() as client,
        pytest.raises((SocketConnectBlockedError, UserWarning), match="tried to use socket"),
    ):
        client.connect((DOCUMENTATION_ONLY, 443))


def test_a_test_can_connect_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_no_test_finds_real_credentials() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull

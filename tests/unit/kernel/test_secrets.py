"""A list of secrets is a list of secrets, and nothing else is."""

from __future__ import annotations

import pytest

from tollgate.kernel.secrets import valid_secrets


def test_every_secret_of_a_list_holds() -> None:
    assert valid_secrets(["whsec_old", "whsec_new"]) == ("whsec_old", "whsec_new")


@pytest.mark.parametrize(
    "value", [None, "", [], "whsec_forgotten_brackets", ["short"], ["        "], [None], [7], {"a": "whsec_12345"}]
)
def test_anything_else_holds_none(value: object) -> None:
    assert valid_secrets(value) == ()


def test_a_place_left_empty_while_rotating_does_not_void_the_others() -> None:
    assert valid_secrets(["whsec_good", "", None]) == ("whsec_good",)

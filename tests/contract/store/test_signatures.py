"""A service's signature is spent once, for as long as its timestamp would be accepted."""

from __future__ import annotations

import pytest

from tests.support.stores import Store
from tollgate.adapters.dynamodb.signatures import SignatureUsed
from tollgate.kernel.errors import Forbidden

NOW = 1_800_000_000


def test_a_signature_is_spent_once(store: Store) -> None:
    store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300)
    for now in (NOW, NOW + 1, NOW + 300):
        with pytest.raises(SignatureUsed):
            store.signatures.use("tickets", "abc", now=now, until=NOW + 300)


def test_another_signature_or_service_is_not_spent_with_it(store: Store) -> None:
    store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300)
    store.signatures.use("tickets", "abd", now=NOW, until=NOW + 300)
    store.signatures.use("bars", "abc", now=NOW, until=NOW + 300)


def test_a_signature_that_came_with_an_idempotency_key_is_good_again_with_that_key_only(store: Store) -> None:
    for _ in range(2):
        store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300, bound_to="key-1")
    for other in ("key-2", ""):
        with pytest.raises(SignatureUsed):
            store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300, bound_to=other)
    store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300, bound_to="key-1")


def test_a_signature_that_came_without_a_key_is_good_with_none(store: Store) -> None:
    store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300)
    with pytest.raises(SignatureUsed):
        store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300, bound_to="key-1")


def test_what_the_table_still_holds_past_its_time_is_forgotten(store: Store) -> None:
    """TTL deletes late; the time is compared in code."""
    store.signatures.use("tickets", "abc", now=NOW, until=NOW + 300)
    store.signatures.use("tickets", "abc", now=NOW + 301, until=NOW + 601)
    with pytest.raises(SignatureUsed):
        store.signatures.use("tickets", "abc", now=NOW + 301, until=NOW + 601)


def test_a_spent_signature_is_a_refusal() -> None:
    assert issubclass(SignatureUsed, Forbidden)

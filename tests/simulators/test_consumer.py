"""The consumer of the laptop stack keeps what is proven, once, and fails when it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.functions.consuming import Backend, a_backend
from tests.support.delivering import SECRET
from tollgate.deliveries.signing import keys_of, signed_headers

EVENT = {"id": "evt_1", "type": "payments.payment.created", "sequence": 1, "aggregate": {"type": "payment", "id": "p"}}


@pytest.fixture
def backend() -> Iterator[Backend]:
    with a_backend() as made:
        yield made


def post(backend: Backend, event: dict[str, Any] = EVENT, headers: Mapping[str, str] | None = None) -> httpx.Response:
    body = json.dumps(event).encode()
    signed = signed_headers(keys_of({"signing_secrets": [SECRET]}), event["id"], int(time.time()), body)
    return httpx.post(backend.url, content=body, headers={**signed, **(headers or {})}, trust_env=False, timeout=5)


def test_what_is_proven_is_kept_once_and_counted(backend: Backend) -> None:
    assert [post(backend).status_code for _ in range(2)] == [204, 204]
    state = backend.state()
    assert (state["heard"], state["events"]) == (["evt_1", "evt_1"], [{"id": "evt_1", "event": EVENT, "times": 2}])


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_is_not_proven_is_refused_and_not_kept(backend: Backend, header: str) -> None:
    assert post(backend, headers={header: "1"}).status_code == 401
    assert (backend.state()["refused"], backend.state()["events"]) == (1, [])


def test_it_fails_as_often_and_for_what_it_is_told(backend: Backend) -> None:
    backend.control("faults", status=503, times=2, type="payments.payment.created")
    other = {**EVENT, "id": "evt_2", "type": "payments.purchase.confirmed"}
    statuses = [post(backend, each).status_code for each in (EVENT, other, EVENT, EVENT)]
    assert statuses == [503, 204, 503, 204]
    backend.control("faults", drop=1)
    with pytest.raises(httpx.TransportError):
        post(backend)
    backend.control("faults", seconds=0.2)
    assert post(backend).elapsed.total_seconds() >= 0.2
    backend.control("faults", status=500, times=9)
    backend.control("faults", "DELETE")
    assert post(backend).status_code == 204
    backend.control("reset")
    assert backend.state() == {"heard": [], "events": [], "refused": 0, "faults": []}


def test_a_wrong_order_names_the_field(backend: Backend) -> None:
    answer = httpx.post(f"{backend.base}/control/faults", json={"status": 42}, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "status")
    assert len(httpx.get(f"{backend.base}/control", trust_env=False).json()["controls"]) == 4

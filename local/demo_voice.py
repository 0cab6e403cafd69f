"""How every chapter of the demo is told: what is printed, how long it waits, and as whom it asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from local.errors import LocalError

PATIENCE_SECONDS = 30.0


class DemoError(LocalError):
    """Something did not happen as it should have; the message says what was expected."""


def say(line: str) -> None:
    print(f"\n{line}", flush=True)


def tell(name: str, value: object) -> None:
    print(f"   {name:<18} {value}", flush=True)


def until[T](look: Callable[[], T], done: Callable[[T], bool], what: str, *, patience: float = PATIENCE_SECONDS) -> T:
    """What was found once it is as wanted. Raises `DemoError` after `patience` seconds: it was not `what`."""
    deadline = time.monotonic() + patience
    while not done(found := look()):
        if time.monotonic() > deadline:
            raise DemoError(f"It was not {what} within {patience:.0f} s.\nNext: python -m local logs")
        time.sleep(0.1)
    return found


def signed_in(http: httpx.Client, **claims: Any) -> dict[str, str]:
    """The header of somebody of the demo's tenant."""
    answer = http.post("/local/token", json={"tenant_id": "demo", **claims})
    return {"authorization": f"Bearer {answer.raise_for_status().json()['token']}"}


def answered_alike(answers: list[httpx.Response], what: str) -> dict[str, Any]:
    """The one answer that a request and its repetitions were given."""
    first, *others = (dict(answer.raise_for_status().json()) for answer in answers)
    marked = all("idempotency-replayed" in answer.headers for answer in answers[1:])
    if not marked or any(other != first for other in others):
        raise DemoError(f"The same request for {what} was not given the same answer.")
    return first


def refusal(answer: httpx.Response, status: int) -> str:
    """In which words something was refused that must be."""
    if answer.status_code != status:
        raise DemoError(f"A refusal was expected ({status}), and {answer.status_code} came: {answer.text}")
    return f"{status}: {answer.json()['error']}"

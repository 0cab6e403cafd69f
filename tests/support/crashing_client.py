"""Those who ask: what they want, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.deployment import Answer
from tests.support.requests import new_key
from tollgate.kernel.ids import derived

TENANT, ACCEPTED = "demo", 202


@dataclass
class Purchase:
    """One wish, to buy or to be paid out, from one user under one key, and every final answer it got."""

    user: str = field(default_factory=lambda: f"user-{new_key()}")
    key: str = field(default_factory=new_key)
    # The service that asks for it, if it is none of the user's own.
    service: str | None = None
    method: str = "card"
    operation: str = "checkout.create"
    # Whose key it is, where that is neither the user's nor a service's; and under which key what is paid was made.
    caller: str | None = None
    made_under: str = field(default_factory=new_key)
    # What a checkout is paid with first, as it is sent.
    tenders: list[dict[str, Any]] = field(default_factory=list)
    # What is charged at once, by provider.
    sources: dict[str, str] = field(default_factory=dict)
    # What others have paid for the same.
    beside: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)
    refusals: list[Answer] = field(default_factory=list)

    @property
    def payment(self) -> str:
        """The id that follows from the key."""
        return derived("pay", TENANT, self._caller, self.operation, self.key)

    @property
    def subscription(self) -> str:
        """The id of a subscription that follows from it."""
        return derived("sub", TENANT, self._caller, self.operation, self.key)

    @property
    def _caller(self) -> str:
        """Whose key it is."""
        return self.caller or (f"service:{self.service}" if self.service else self.user)

    @property
    def venue(self) -> str:
        """The venue that is paid out: each wish has one of its own."""
        return f"ven-{self.key}"

    def hear(self, answer: Answer) -> Answer:
        """Keep an answer: as final, or as one after which to ask again."""
        (self.refusals if passing(answer) else self.answers).append(answer)
        return answer


def of_its_payment(answer: Answer) -> Answer:
    """What an answer says of the payment that is part of it, as a charge's own says it."""
    paid = answer.body.get("payment")
    return Answer(201 if answer.status == 200 else answer.status, paid, answer.headers) if paid else answer


def passing(answer: Answer) -> bool:
    """Whether the client should ask again: whatever says so, what nobody explains, and a charge of unknown outcome."""
    return "retry-after" in answer.headers or answer.status == 500 or is_unknown(answer)


def is_unknown(answer: Answer) -> bool:
    """Of a charge, that is an answer as well, though not the last. An order that is charged has no word for it."""
    waits = answer.status == ACCEPTED and answer.body.get("status") == "pending"
    return bool(answer.body.get("outcome") == "unknown" or (waits and "outcome" not in answer.body))

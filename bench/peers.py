"""What the handlers are measured against: one raw put, and the checkout as one would write it with Powertools'
idempotency utility.

The second is the same checkout: the same edge, prices and provider call. Only who remembers the key differs: our
record, written inside the two transactions of payment, event and reference, or the utility's, written around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import Opened
from tollgate.checkout.presentation import Presenter, respond
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel import idempotency
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Payment, Report, Session


def raw_put(table: str, item: Mapping[str, Any]) -> Callable[[], object]:
    """One plain put of an item through a client with boto3's defaults."""
    make: Any = boto3.client
    client = make("dynamodb")
    return lambda: client.put_item(TableName=table, Item=item)


class _Invocation:
    """The utility asks how long its lease may last."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 28_000


class PowertoolsOpening(CheckoutOpening):
    """Stands in for the opening that a function was composed with, on the same parts. With `lean`, the payment is first
    stored after the provider has answered, in one transaction: a crash in between leaves a page nobody knows of.
    """

    def __init__(self, parts: CheckoutOpening, *, lean: bool = False) -> None:
        self.__dict__.update(parts.__dict__)
        self._lean = lean
        once = idempotent_function(
            data_keyword_argument="request",
            persistence_store=DynamoDBPersistenceLayer(table_name="idempotency"),
            config=IdempotencyConfig(
                event_key_jmespath="scope",
                payload_validation_jmespath="fingerprint",
                expires_after_seconds=24 * 3600,
                lambda_context=cast(Any, _Invocation()),
            ),
        )
        self._once: Callable[..., dict[str, Any]] = once(self._remembered)

    def create(self, wish: CreateCheckout, presenter: Presenter) -> idempotency.Response:
        request = {"scope": list(wish.scope), "fingerprint": idempotency.fingerprint(wish.body)}
        answer = self._once(request=request, wish=wish, presenter=presenter)
        return idempotency.Response(answer["status"], answer["body"])

    def _remembered(self, request: dict[str, Any], wish: CreateCheckout, presenter: Presenter) -> dict[str, Any]:
        draft = self._drafting.draft(wish, request["fingerprint"])
        created, parameters = draft.opened, draft.parameters
        if not self._lean:
            self._unit_of_work.commit(*self._payments.create(created))
        opened = self._store(created.payment, self._at_provider(created.payment, parameters), wish.trace)
        answer = respond(opened, presenter)
        return {"status": answer.status, "body": answer.body}

    def _at_provider(self, payment: Payment, parameters: str) -> Session:
        outcome = self._ways.pages.providers[payment.provider].open(parameters, payment.provider_key("checkout"))
        assert isinstance(outcome, Opened)
        return outcome.session

    def _store(self, payment: Payment, session: Session, trace: str | None) -> Payment:
        report = Report(Fact.CHECKOUT_OPENED, self._clock.now(), session=session, trace=trace)
        if not self._lean:
            return self._recorder.record(payment, report, lambda now: self._pointer(now.payment, session)).payment
        opened = payment.apply(report, self._clock.now())
        assert isinstance(opened, Change)
        self._unit_of_work.commit(*self._payments.create(opened), *self._pointer(opened.payment, session))
        return opened.payment

    def _pointer(self, payment: Payment, session: Session) -> tuple[Any, ...]:
        return (self._payments.point(payment, session.reference),)

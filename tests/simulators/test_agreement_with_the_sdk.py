"""The official SDK's types know every parameter that the simulator takes and every field that it answers with."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import params
from stripe.params import checkout

from local.simulators.stripe import charges, checkout_parameters, customers, payment_intent_parameters, refunds
from local.simulators.stripe.parameters import Group, Items, Unsettable
from tests.simulators.world import World

OPERATIONS: list[tuple[Group, type]] = [
    (checkout_parameters.CREATE, checkout.SessionCreateParams),
    (checkout_parameters.LIST, checkout.SessionListParams),
    (checkout_parameters.UPDATE, checkout.SessionUpdateParams),
    (payment_intent_parameters.CREATE, params.PaymentIntentCreateParams),
    (payment_intent_parameters.CONFIRM, params.PaymentIntentConfirmParams),
    (payment_intent_parameters.CAPTURE, params.PaymentIntentCaptureParams),
    (payment_intent_parameters.CANCEL, params.PaymentIntentCancelParams),
    (payment_intent_parameters.UPDATE, params.PaymentIntentUpdateParams),
    (charges.UPDATE, params.ChargeUpdateParams),
    (refunds.CREATE, params.RefundCreateParams),
    (refunds.LIST, params.RefundListParams),
    (customers.CREATE, params.CustomerCreateParams),
    (customers.UPDATE, params.CustomerUpdateParams),
]
NESTED: list[tuple[Any, type]] = [
    (checkout_parameters.CREATE.fields["payment_intent_data"], checkout.SessionCreateParamsPaymentIntentData),
    (checkout_parameters.CREATE.fields["line_items"], checkout.SessionCreateParamsLineItem),
    (customers.CREATE.fields["address"], params.CustomerCreateParamsAddress),
]


@pytest.mark.parametrize(("group", "known"), OPERATIONS + NESTED, ids=lambda each: getattr(each, "__name__", ""))
def test_every_parameter_exists_at_stripe(group: Any, known: type) -> None:
    while isinstance(group, Items | Unsettable):
        group = group.kind
    assert isinstance(group, Group)
    assert set(group.fields) - set(known.__annotations__) == set()


@pytest.mark.parametrize(("group", "known"), OPERATIONS, ids=lambda each: getattr(each, "__name__", ""))
def test_every_parameter_of_stripe_is_taken_or_refused_by_name(group: Group, known: type) -> None:
    of_the_sdk = {"api_key", "stripe_version", "stripe_account", "stripe_context", "max_network_retries",
                  "idempotency_key", "content_type", "headers"}  # fmt: skip
    assert set(known.__annotations__) - of_the_sdk - set(group.fields) - set(group.unbuilt.split()) == set()


def _fields(kind: type[stripe.StripeObject]) -> set[str]:
    return set(kind.__annotations__) - {"OBJECT_NAME", "deleted"}


def test_every_field_of_an_answer_exists_at_stripe(shared_world: World) -> None:
    session = shared_world.paid()
    client = shared_world.client.v1
    intent = client.payment_intents.retrieve(session.payment_intent)
    charge = client.charges.retrieve(str(intent.latest_charge))
    refund = client.refunds.create(params={"payment_intent": intent.id})
    transaction = client.balance_transactions.retrieve(str(charge.balance_transaction))
    answers: list[Any] = [
        session,
        intent,
        charge,
        refund,
        transaction,
        client.customers.create(),
        client.balance.retrieve(),
    ]
    answers += [client.events.list().data[0], client.checkout.sessions.line_items.list(session.id).data[0]]
    for answer in answers:
        assert set(answer.to_dict()) - _fields(type(answer)) == set(), type(answer)


OPTIONAL = {
    stripe.checkout.Session: {"line_items", "presentment_details", "optional_items"},
    stripe.PaymentIntent: {
        "hooks", "managed_payments", "payment_details", "payment_record",
        "presentment_details",
    },
    stripe.Charge: {"authorization_code", "level3", "presentment_details", "refunds", "transfer"},
    stripe.Refund: {
        "customer", "customer_account", "description", "failure_balance_transaction", "failure_reason",
        "instructions_email", "next_action", "payment_method", "pending_reason", "presentment_details",
    },
}  # fmt: skip


def test_no_field_is_missing_from_an_answer(shared_world: World) -> None:
    session = shared_world.paid()
    client = shared_world.client.v1
    intent = client.payment_intents.retrieve(session.payment_intent)
    charge = client.charges.retrieve(str(intent.latest_charge))
    refund = client.refunds.create(params={"payment_intent": intent.id})
    for answer in (session, intent, charge, refund):
        kind: Any = type(answer)
        assert _fields(kind) - set(answer.to_dict()) - OPTIONAL[kind] == set(), kind

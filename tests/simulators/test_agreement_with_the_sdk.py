"""The official SDK's types know every parameter that the simulator takes and every field that it answers with."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import params
from stripe.params import checkout

from local.simulators.stripe import (
    account_links,
    accounts,
    balance_transactions,
    balances,
    charges,
    checkout_parameters,
    customers,
    disputes,
    invoice_items,
    invoice_parameters,
    invoice_payments,
    payment_intent_parameters,
    payment_methods,
    payouts,
    prices,
    products,
    refunds,
    search,
    setup_intents,
    subscription_parameters,
    transfer_reversals,
    transfers,
)
from local.simulators.stripe.parameters import Group, Items, Unsettable
from tests.simulators.sdk_shapes import fields_of, unknown_fields
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
    (search.SEARCH, params.PaymentIntentSearchParams),
    (charges.UPDATE, params.ChargeUpdateParams),
    (refunds.CREATE, params.RefundCreateParams),
    (refunds.LIST, params.RefundListParams),
    (customers.CREATE, params.CustomerCreateParams),
    (customers.UPDATE, params.CustomerUpdateParams),
    (disputes.LIST, params.DisputeListParams),
    (disputes.UPDATE, params.DisputeUpdateParams),
    (disputes.CLOSE, params.DisputeCloseParams),
    (accounts.CREATE, params.AccountCreateParams),
    (accounts.LIST, params.AccountListParams),
    (account_links.CREATE, params.AccountLinkCreateParams),
    (balances.RETRIEVE, params.BalanceRetrieveParams),
    (balance_transactions.LIST, params.BalanceTransactionListParams),
    (transfers.CREATE, params.TransferCreateParams),
    (transfers.LIST, params.TransferListParams),
    (transfer_reversals.CREATE, params.TransferCreateReversalParams),
    (transfer_reversals.LIST, params.TransferListReversalsParams),
    (payouts.CREATE, params.PayoutCreateParams),
    (payouts.LIST, params.PayoutListParams),
    (payouts.CANCEL, params.PayoutCancelParams),
    (products.CREATE, params.ProductCreateParams),
    (products.UPDATE, params.ProductUpdateParams),
    (products.LIST, params.ProductListParams),
    (prices.CREATE, params.PriceCreateParams),
    (prices.UPDATE, params.PriceUpdateParams),
    (prices.LIST, params.PriceListParams),
    (subscription_parameters.CREATE, params.SubscriptionCreateParams),
    (subscription_parameters.UPDATE, params.SubscriptionUpdateParams),
    (subscription_parameters.CANCEL, params.SubscriptionCancelParams),
    (subscription_parameters.RESUME, params.SubscriptionResumeParams),
    (subscription_parameters.LIST, params.SubscriptionListParams),
    (invoice_parameters.CREATE, params.InvoiceCreateParams),
    (invoice_parameters.UPDATE, params.InvoiceUpdateParams),
    (invoice_parameters.PREVIEW, params.InvoiceCreatePreviewParams),
    (invoice_parameters.PAY, params.InvoicePayParams),
    (invoice_parameters.FINALIZE, params.InvoiceFinalizeInvoiceParams),
    (invoice_parameters.LIST, params.InvoiceListParams),
    (invoice_items.CREATE, params.InvoiceItemCreateParams),
    (invoice_items.LIST, params.InvoiceItemListParams),
    (invoice_payments.LIST, params.InvoicePaymentListParams),
    (setup_intents.LIST, params.SetupIntentListParams),
    (payment_methods.ATTACH, params.PaymentMethodAttachParams),
    (payment_methods.LIST, params.PaymentMethodListParams),
    (payment_methods.OF_CUSTOMER, params.CustomerListPaymentMethodsParams),
]
NESTED: list[tuple[Any, type]] = [
    (checkout_parameters.CREATE.fields["payment_intent_data"], checkout.SessionCreateParamsPaymentIntentData),
    (checkout_parameters.CREATE.fields["line_items"], checkout.SessionCreateParamsLineItem),
    (checkout_parameters.CREATE.fields["subscription_data"], checkout.SessionCreateParamsSubscriptionData),
    (checkout_parameters.CREATE.fields["setup_intent_data"], checkout.SessionCreateParamsSetupIntentData),
    (subscription_parameters.CREATE_ITEM, params.SubscriptionCreateParamsItem),
    (subscription_parameters.UPDATE_ITEM, params.SubscriptionUpdateParamsItem),
    (subscription_parameters.UPDATE.fields["pause_collection"], params.SubscriptionUpdateParamsPauseCollection),
    (subscription_parameters.UPDATE.fields["cancellation_details"], params.SubscriptionUpdateParamsCancellationDetails),
    (prices.ITEM_PRICE, params.SubscriptionUpdateParamsItemPriceData),
    (prices.CREATE.fields["recurring"], params.PriceCreateParamsRecurring),
    (invoice_parameters.PREVIEW.fields["subscription_details"], params.InvoiceCreatePreviewParamsSubscriptionDetails),
    (customers.CREATE.fields["address"], params.CustomerCreateParamsAddress),
    (accounts.CONTROLLER, params.AccountCreateParamsController),
    (accounts.CREATE.fields["business_profile"], params.AccountCreateParamsBusinessProfile),
    (accounts.CREATE.fields["capabilities"], params.AccountCreateParamsCapabilities),
]


def test_every_text_and_file_of_evidence_is_taken_or_refused_by_name() -> None:
    evidence = disputes.UPDATE.fields["evidence"]
    assert isinstance(evidence, Group)
    known = set(params.DisputeUpdateParamsEvidence.__annotations__)
    assert set(evidence.fields) | set(evidence.unbuilt.split()) == known


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
        assert set(answer.to_dict()) - fields_of(type(answer)) == set(), type(answer)


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
        assert fields_of(kind) - set(answer.to_dict()) - OPTIONAL[kind] == set(), kind


def later_movements(world: World) -> list[Any]:
    """One of each kind of object that moves money after the payment."""
    client = world.client.v1
    intent = world.earned(10_000)
    world.control(f"payment_intents/{intent.id}/dispute", amount=100)
    [dispute] = client.disputes.list().data
    transfer = world.transferred(1000)
    reversal = client.transfers.reversals.create(transfer.id, params={"amount": 100})
    options: Any = {"stripe_account": transfer.destination}
    payout = client.payouts.create(params={"amount": 100, "currency": "usd"}, options=options)
    links = {"refresh_url": "http://127.0.0.1:9", "return_url": "http://127.0.0.1:9"}
    link = {"account": transfer.destination, "type": "account_onboarding", **links}
    account = client.accounts.retrieve(transfer.destination)
    return [
        dispute,
        dispute.balance_transactions[0],
        client.transfers.retrieve(transfer.id),
        reversal,
        payout,
        account,
        account.external_accounts.data[0],
        client.account_links.create(params=link),
        client.balance.retrieve(options=options),
        client.charges.retrieve(transfer.destination_payment, options=options),
        client.refunds.retrieve(reversal.destination_payment_refund, options=options),
        client.balance_transactions.retrieve(payout.balance_transaction, options=options),
        client.events.list(options=options).data[0],
    ]


def test_every_field_of_later_movements_exists_at_stripe(shared_world: World) -> None:
    for answer in later_movements(shared_world):
        assert unknown_fields(answer, str(answer.object)) == []


LATER_OPTIONAL = {
    stripe.Account: {"business_type", "company", "groups", "individual"},
    stripe.Balance: {"connect_reserved", "issuing", "refund_and_dispute_prefunding"},
    stripe.BankAccount: {"customer"},
    stripe.Event: {"context", "reason"},
    **OPTIONAL,
}


def test_no_field_is_missing_from_later_movements(shared_world: World) -> None:
    for answer in later_movements(shared_world):
        kind: Any = type(answer)
        assert fields_of(kind) - set(answer.to_dict()) - LATER_OPTIONAL.get(kind, set()) == set(), kind

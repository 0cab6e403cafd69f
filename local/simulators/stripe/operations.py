"""The table of the API: address, what it takes, and what carries it out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.simulators.stripe import (
    account_links,
    accounts,
    balance_transactions,
    balances,
    charges,
    checkout_parameters,
    checkout_sessions,
    customers,
    disputes,
    events,
    invoice_items,
    invoice_parameters,
    invoice_payments,
    invoice_preview,
    invoices,
    payment_intent_parameters,
    payment_intents,
    payment_methods,
    payouts,
    prices,
    products,
    refunds,
    search,
    setup_intents,
    subscription_parameters,
    subscription_update,
    subscriptions,
    transfer_reversals,
    transfers,
)
from local.simulators.stripe.errors import Body, unknown_url
from local.simulators.stripe.parameters import Group
from local.simulators.stripe.work import Work


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API. `carry_out` takes the work, the ids of the address and the validated parameters.

    `for_connected` says that the header Stripe-Account may choose a connected account for it.
    """

    method: str
    pattern: re.Pattern[str]
    takes: Group
    carry_out: Callable[[Work, Body, Body], Body]
    for_connected: bool = False


def _operation(method: str, address: str, takes: Group, carry_out: Callable[[Work, Body, Body], Body]) -> Operation:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", address))
    return Operation(method, pattern, takes, carry_out)


def _connected(method: str, address: str, takes: Group, carry_out: Callable[[Work, Body, Body], Body]) -> Operation:
    return replace(_operation(method, address, takes, carry_out), for_connected=True)


_SESSIONS, _INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"
_REVERSALS = "/v1/transfers/{transfer}/reversals"
_SUBSCRIPTIONS, _INVOICES = "/v1/subscriptions", "/v1/invoices"
_session, _intent = checkout_parameters, payment_intent_parameters
_subscription, _invoice = subscription_parameters, invoice_parameters
OPERATIONS = (
    _operation("POST", _SESSIONS, _session.CREATE, checkout_sessions.create),
    _operation("GET", _SESSIONS, _session.LIST, checkout_sessions.list_all),
    _operation("GET", _SESSIONS + "/{id}", _session.RETRIEVE, checkout_sessions.retrieve),
    _operation("POST", _SESSIONS + "/{id}", _session.UPDATE, checkout_sessions.update),
    _operation("POST", _SESSIONS + "/{id}/expire", _session.EXPIRE, checkout_sessions.expire),
    _operation("GET", _SESSIONS + "/{id}/line_items", _session.LINE_ITEMS, checkout_sessions.line_items),
    _operation("POST", _INTENTS, _intent.CREATE, payment_intents.create),
    _operation("GET", _INTENTS, _intent.LIST, payment_intents.list_all),
    _operation("GET", _INTENTS + "/search", search.SEARCH, search.intents),
    _operation("GET", _INTENTS + "/{id}", _intent.RETRIEVE, payment_intents.retrieve),
    _operation("POST", _INTENTS + "/{id}", _intent.UPDATE, payment_intents.update),
    _operation("POST", _INTENTS + "/{id}/confirm", _intent.CONFIRM, payment_intents.confirm),
    _operation("POST", _INTENTS + "/{id}/capture", _intent.CAPTURE, payment_intents.capture),
    _operation("POST", _INTENTS + "/{id}/cancel", _intent.CANCEL, payment_intents.cancel),
    _operation("GET", "/v1/payment_methods", payment_methods.LIST, payment_methods.list_all),
    _operation("GET", "/v1/payment_methods/{id}", payment_methods.RETRIEVE, payment_methods.retrieve),
    _operation("POST", "/v1/payment_methods/{id}/attach", payment_methods.ATTACH, payment_methods.attach_to),
    _operation("POST", "/v1/payment_methods/{id}/detach", payment_methods.DETACH, payment_methods.detach),
    _operation("GET", "/v1/setup_intents", setup_intents.LIST, setup_intents.list_all),
    _operation("GET", "/v1/setup_intents/{id}", setup_intents.RETRIEVE, setup_intents.retrieve),
    _operation("POST", "/v1/products", products.CREATE, products.create),
    _operation("GET", "/v1/products", products.LIST, products.list_all),
    _operation("GET", "/v1/products/{id}", products.RETRIEVE, products.retrieve),
    _operation("POST", "/v1/products/{id}", products.UPDATE, products.update),
    _operation("POST", "/v1/prices", prices.CREATE, prices.create),
    _operation("GET", "/v1/prices", prices.LIST, prices.list_all),
    _operation("GET", "/v1/prices/{id}", prices.RETRIEVE, prices.retrieve),
    _operation("POST", "/v1/prices/{id}", prices.UPDATE, prices.update),
    _operation("POST", _SUBSCRIPTIONS, _subscription.CREATE, subscriptions.create),
    _operation("GET", _SUBSCRIPTIONS, _subscription.LIST, subscriptions.list_all),
    _operation("GET", _SUBSCRIPTIONS + "/{id}", _subscription.RETRIEVE, subscriptions.retrieve),
    _operation("POST", _SUBSCRIPTIONS + "/{id}", _subscription.UPDATE, subscription_update.update),
    _operation("DELETE", _SUBSCRIPTIONS + "/{id}", _subscription.CANCEL, subscriptions.cancel),
    _operation("POST", _SUBSCRIPTIONS + "/{id}/resume", _subscription.RESUME, subscriptions.resume),
    _operation("POST", _INVOICES, _invoice.CREATE, invoices.create),
    _operation("GET", _INVOICES, _invoice.LIST, invoices.list_all),
    _operation("POST", _INVOICES + "/create_preview", _invoice.PREVIEW, invoice_preview.create),
    _operation("GET", _INVOICES + "/{id}", _invoice.RETRIEVE, invoices.retrieve),
    _operation("POST", _INVOICES + "/{id}", _invoice.UPDATE, invoices.update),
    _operation("DELETE", _INVOICES + "/{id}", _invoice.DELETE, invoices.delete),
    _operation("GET", _INVOICES + "/{id}/lines", _invoice.LINES, invoices.lines),
    _operation("POST", _INVOICES + "/{id}/finalize", _invoice.FINALIZE, invoices.finalize),
    _operation("POST", _INVOICES + "/{id}/pay", _invoice.PAY, invoices.pay),
    _operation("POST", _INVOICES + "/{id}/void", _invoice.VOID, invoices.void),
    _operation("POST", _INVOICES + "/{id}/mark_uncollectible", _invoice.WRITE_OFF, invoices.write_off),
    _operation("GET", "/v1/invoice_payments", invoice_payments.LIST, invoice_payments.list_all),
    _operation("GET", "/v1/invoice_payments/{id}", invoice_payments.RETRIEVE, invoice_payments.retrieve),
    _operation("POST", "/v1/invoiceitems", invoice_items.CREATE, invoice_items.create),
    _operation("GET", "/v1/invoiceitems", invoice_items.LIST, invoice_items.list_all),
    _operation("GET", "/v1/invoiceitems/{id}", invoice_items.RETRIEVE, invoice_items.retrieve),
    _operation("DELETE", "/v1/invoiceitems/{id}", invoice_items.DELETE, invoice_items.delete),
    _connected("GET", "/v1/charges", charges.LIST, charges.list_all),
    _connected("GET", "/v1/charges/{id}", charges.RETRIEVE, charges.retrieve),
    _operation("POST", "/v1/charges/{id}", charges.UPDATE, charges.update),
    _operation("POST", "/v1/refunds", refunds.CREATE, refunds.create),
    _connected("GET", "/v1/refunds", refunds.LIST, refunds.list_all),
    _connected("GET", "/v1/refunds/{id}", refunds.RETRIEVE, refunds.retrieve),
    _operation("POST", "/v1/refunds/{id}", refunds.UPDATE, refunds.update),
    _operation("POST", "/v1/refunds/{id}/cancel", refunds.CANCEL, refunds.cancel),
    _operation("GET", "/v1/disputes", disputes.LIST, disputes.list_all),
    _operation("GET", "/v1/disputes/{id}", disputes.RETRIEVE, disputes.retrieve),
    _operation("POST", "/v1/disputes/{id}", disputes.UPDATE, disputes.update),
    _operation("POST", "/v1/disputes/{id}/close", disputes.CLOSE, disputes.close),
    _operation("POST", "/v1/customers", customers.CREATE, customers.create),
    _operation("GET", "/v1/customers", customers.LIST, customers.list_all),
    _operation("GET", "/v1/customers/{id}", customers.RETRIEVE, customers.retrieve),
    _operation("POST", "/v1/customers/{id}", customers.UPDATE, customers.update),
    _operation("DELETE", "/v1/customers/{id}", customers.DELETE, customers.delete),
    _operation("GET", "/v1/customers/{id}/payment_methods", payment_methods.OF_CUSTOMER, payment_methods.of_customer),
    _connected("GET", "/v1/events", events.LIST, events.list_all),
    _connected("GET", "/v1/events/{id}", events.RETRIEVE, events.retrieve),
    _operation("POST", "/v1/accounts", accounts.CREATE, accounts.create),
    _operation("GET", "/v1/accounts", accounts.LIST, accounts.list_all),
    _operation("GET", "/v1/accounts/{id}", accounts.RETRIEVE, accounts.retrieve),
    _operation("POST", "/v1/account_links", account_links.CREATE, account_links.create),
    _operation("POST", "/v1/transfers", transfers.CREATE, transfers.create),
    _operation("GET", "/v1/transfers", transfers.LIST, transfers.list_all),
    _operation("GET", "/v1/transfers/{id}", transfers.RETRIEVE, transfers.retrieve),
    _operation("POST", _REVERSALS, transfer_reversals.CREATE, transfer_reversals.create),
    _operation("GET", _REVERSALS, transfer_reversals.LIST, transfer_reversals.list_all),
    _operation("GET", _REVERSALS + "/{id}", transfer_reversals.RETRIEVE, transfer_reversals.retrieve),
    _connected("POST", "/v1/payouts", payouts.CREATE, payouts.create),
    _connected("GET", "/v1/payouts", payouts.LIST, payouts.list_all),
    _connected("GET", "/v1/payouts/{id}", payouts.RETRIEVE, payouts.retrieve),
    _connected("POST", "/v1/payouts/{id}/cancel", payouts.CANCEL, payouts.cancel),
    _connected("GET", "/v1/balance", balances.RETRIEVE, balances.retrieve),
    _connected("GET", "/v1/balance_transactions", balance_transactions.LIST, balance_transactions.list_all),
    _connected("GET", "/v1/balance_transactions/{id}", balance_transactions.RETRIEVE, balance_transactions.retrieve),
)


def find(method: str, path: str) -> tuple[Operation, Body]:
    """The operation of a method and path, and the ids in the path; a 404 when there is none."""
    for operation in OPERATIONS:
        match = operation.pattern.fullmatch(path)
        if match and operation.method == method:
            return operation, match.groupdict()
    raise unknown_url(method, path)

"""Who may import whom: kernel, rooms, adapters, runtime, functions, in that order and never back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from tests.architecture.source import Import, Module, Violation

LAYERS = ["kernel", "room", "adapters", "runtime", "functions"]

# A room talks to another by event. These few edges are the exceptions, each decided on purpose.
ROOM_EDGES: dict[str, set[str]] = {
    # How risky it is to sell something decides what providers keep of it, and which of them take it.
    "catalog": {"fees"},
    "checkout": {"catalog", "fees", "payments", "routing"},
    # What is spent is posted in the same transaction, and a card changes with the payment that buys it or spends it.
    "gift_cards": {"checkout", "ledger", "payments"},
    # A release is posted in the same transaction, and what is refunded goes back by a refund.
    "escrow": {"ledger", "payments", "refunds"},
    # A share is paid by a charge, completes its group in the same transaction, and goes back when that fails.
    "group_payments": {"checkout", "ledger", "payments", "refunds"},
    "inbox": {"payments", "payouts", "subscriptions"},
    # What is listed is bought by a charge whose money is held.
    "marketplace": {"checkout", "escrow", "payments"},
    # What moves money is posted in the same transaction, with what its provider is expected to keep.
    "payments": {"fees", "ledger"},
    # A payout is posted in the transaction that moves it; the outcomes of a provider's call are the checkout's words.
    "payouts": {"checkout", "ledger"},
    # It does in each room's own words what a client, a provider or a stream would have done there.
    "reconciliation": {
        "checkout",
        "deliveries",
        "escrow",
        "gift_cards",
        "group_payments",
        "inbox",
        "payments",
        "payouts",
        "refunds",
        "subscriptions",
    },
    # The outcomes of a provider's call are the checkout's words.
    "refunds": {"checkout", "payments"},
    # Whoever keeps least of a sale takes it.
    "routing": {"fees"},
    # A subscription begins with the payment that a checkout makes for a plan, and its invoices become payments.
    "subscriptions": {"catalog", "checkout", "fees", "payments"},
}

NOT_DEPLOYED = {"contract", "local", "operations", "tests", "bench"}
_TRACER = "aws_lambda_powertools.tracing"


def layer_of(module: Module) -> str:
    if module.name.startswith("functions."):
        return "functions"
    return module.room if module.room in LAYERS else "room"


def imports_flow_one_way(modules: Iterable[Module]) -> Iterator[Violation]:
    for module in modules:
        for imported in module.imports:
            if complaint := _complaint(module, imported):
                yield Violation(module.path, imported.line, complaint)


def nobody_imports_the_tracer(modules: Iterable[Module]) -> Iterator[Violation]:
    """It costs more at a cold start than all other imports together; active tracing works without it."""
    for module in modules:
        for imported in module.imports:
            if imported.module == "aws_lambda_powertools.Tracer" or imported.module.startswith(_TRACER):
                yield Violation(
                    module.path, imported.line, "the Powertools Tracer is not used: it slows every cold start"
                )


def _complaint(module: Module, imported: Import) -> str:
    top = imported.module.partition(".")[0]
    layer = layer_of(module)
    if top in NOT_DEPLOYED:
        return f"{module.name} is deployed, {top} is not"
    if top == "functions":
        return f"{imported.module} is a handler of its own deployment, nobody imports it"
    if top != "tollgate":
        return _third_party_complaint(module, layer, top)
    return _inner_complaint(module, layer, imported)


def _third_party_complaint(module: Module, layer: str, top: str) -> str:
    if layer in {"kernel", "room"} and top not in sys.stdlib_module_names:
        return f"{module.room} uses the standard library and the kernel only, not {top}"
    return ""


def _inner_complaint(module: Module, layer: str, imported: Import) -> str:
    target = [*imported.module.split("."), "kernel"][1]
    target_layer = target if target in LAYERS else "room"
    if LAYERS.index(target_layer) > LAYERS.index(layer):
        return f"imports flow from {layer} to what is below it, and {target} is above"
    if layer == target_layer == "room" and target != module.room and target not in ROOM_EDGES.get(module.room, set()):
        return f"the room {module.room} talks to the room {target} by event; an import needs a place in ROOM_EDGES"
    return ""

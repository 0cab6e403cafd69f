"""What a function may not load before its first request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.architecture.source import Import, Module, Violation

STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY = "stripe", "pydantic", "aws_lambda_powertools.event_handler", "aws_xray_sdk"
# A door that needs certificates loads it when one comes.
CERTIFICATES = "cryptography"
# Most mails are about none: what writes of one loads it.
SUBSCRIPTIONS = "tollgate.subscriptions"

# Only the APIs that open checkouts or pay out call Stripe. The functions without a client in front of them parse no
# request models either.
FORBIDDEN_AT_INIT: dict[str, set[str]] = {
    "admin_api": {XRAY},
    "catalog_api": {STRIPE, XRAY},
    "capturer": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "checkout_api": {XRAY},
    "deliverer": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY, CERTIFICATES},
    "delivery_api": {STRIPE, XRAY},
    "event_relay": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "gift_card_api": {XRAY},
    "group_payment_api": {XRAY},
    "group_payment_step": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "refunder": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "subscription_api": {XRAY},
    "workflow_starter": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "card_adopter": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "dunning_step": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "escrow_step": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "royalty_counter": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "marketplace_api": {XRAY},
    "health": {STRIPE, XRAY},
    "inbox_consumer": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "reconciler": {PYDANTIC, HTTP_RESOLVER, XRAY},
    "renewer": {PYDANTIC, HTTP_RESOLVER, XRAY},
    "ledger_projector": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "mailer": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY, SUBSCRIPTIONS},
    "provider_webhook": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY, CERTIFICATES},
    "stats_counter": {STRIPE, PYDANTIC, HTTP_RESOLVER, XRAY},
    "venue_api": {XRAY},
}


def init_stays_light(modules: Iterable[Module]) -> Iterator[Violation]:
    """Follows the imports that run at init through all our modules, and reports the one that leads outside."""
    by_name = {module.name: module for module in modules}
    for name, module in by_name.items():
        if name.startswith("functions.") and name.endswith(".app"):
            folder = name.split(".")[1]
            yield from _walk(module, by_name, folder, FORBIDDEN_AT_INIT.get(folder, {XRAY}))


def _walk(start: Module, by_name: dict[str, Module], function: str, forbidden: set[str]) -> Iterator[Violation]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module.name in seen:
            continue
        seen.add(module.name)
        for imported in module.imports:
            if not imported.at_init:
                continue
            if culprit := next((name for name in forbidden if is_within(imported.module, name)), None):
                yield Violation(module.path, imported.line, f"{function} must not load {culprit} at init")
            waiting += _ours(imported, module, by_name)


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _ours(imported: Import, importer: Module, by_name: dict[str, Module]) -> list[Module]:
    """Importing a module also runs every package above it; a function's own files are imported by their bare name."""
    parts = imported.module.split(".")
    names = [".".join(parts[: length + 1]) for length in range(len(parts))]
    if importer.name.startswith("functions."):
        names.append(f"{importer.name.rpartition('.')[0]}.{parts[0]}")
    return [by_name[name] for name in names if name in by_name]

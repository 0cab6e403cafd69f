"""The books: no actions of their own, and the strictest of all invariants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.capabilities.records import every_account_is_what_the_records_say
from tests.simulation.capability import Capability
from tests.simulation.provider_books import Fields
from tests.simulation.seen import Seen
from tests.simulation.stripe_books import StripeBooks
from tollgate.fees.providers import expected
from tollgate.kernel.money import Money
from tollgate.ledger.accounts import provider_clearing
from tollgate.ledger.balances import changes

type Sums = dict[tuple[str, str], int]


def every_entry_balances(seen: Seen) -> Iterator[str]:
    for entry in seen.entries():
        off = sum(posting.amount for posting in entry.postings)
        if off or any(type(posting.amount) is not int for posting in entry.postings):
            yield f"{entry.kind} {entry.id} is off by {off}"


def the_trial_balance_is_zero(seen: Seen) -> Iterator[str]:
    reader = seen.world.rooms.stored.ledger_reader
    for tenant in reader.tenants():
        sums: Counter[str] = Counter()
        for each in reader.balances(tenant):
            sums[each.key.currency] += each.amount
        yield from (f"{tenant} is off by {off} {currency}" for currency, off in sums.items() if off)


def a_rebuild_gives_what_was_projected(seen: Seen) -> Iterator[str]:
    reader = seen.world.rooms.stored.ledger_reader
    rebuilt = {key: (change.amount, change.postings) for key, change in changes(seen.entries()).items()}
    projected = {
        each.key: (each.amount, each.postings) for tenant in reader.tenants() for each in reader.balances(tenant)
    }
    for key in rebuilt.keys() | projected.keys():
        if rebuilt.get(key) != projected.get(key):
            yield f"{key}: {projected.get(key)} is projected, the journal says {rebuilt.get(key)}"


def our_books_are_the_provider_s(seen: Seen) -> Iterator[str]:
    """What we say that each of them holds for us is what it holds."""
    for books in seen.world.books.values():
        theirs, ours = _theirs(seen, books), _ours(seen, books.name)
        for place in theirs.keys() | ours.keys():
            if theirs.get(place, 0) != ours.get(place, 0):
                yield f"{place}: {books.name} holds {theirs.get(place)}, we say {ours.get(place)}"


def _ours(seen: Seen, provider: str) -> Sums:
    account = provider_clearing(provider)
    reader = seen.world.rooms.stored.ledger_reader
    return {
        (tenant, each.key.currency): -each.amount
        for tenant in reader.tenants()
        for each in reader.balances(tenant)
        if each.key.account == account
    }


def _theirs(seen: Seen, books: StripeBooks) -> Sums:
    sums = Counter[tuple[str, str]]()
    for intent in [each for each in books.intents.values() if each["amount_received"]]:
        place = (intent["metadata"]["tollgate_tenant"], intent["currency"].upper())
        sums[place] += intent["amount_received"] - _kept(seen, books, intent, place[1])
        sums[place] -= sum(each["amount"] for each in books.refunds_of(intent) if each["status"] == "succeeded")
        for dispute in books.disputes_of(intent):
            (taken,) = dispute["balance_transactions"]
            sums[place] -= taken["fee"] + (dispute["amount"] if dispute["status"] != "won" else 0)
    for payout in books.payouts.values():
        if payout["status"] == "paid":
            sums[payout["metadata"]["tollgate_tenant"], payout["currency"].upper()] -= payout["amount"]
    return dict(sums)


def _kept(seen: Seen, books: StripeBooks, intent: Fields, currency: str) -> int:
    """What the provider has really kept of a sale that is settled, and else what its price list says."""
    payment = seen.payment(intent["metadata"]["tollgate_payment"])
    if payment is not None and payment.is_settled and payment.captures[0].reference == intent["id"]:
        return int(books.balance_transaction(intent)["fee"])
    return expected(books.name, Money(intent["amount_received"], currency))


LEDGER = Capability(
    "ledger",
    actions=(),
    invariants=(
        every_entry_balances,
        the_trial_balance_is_zero,
        a_rebuild_gives_what_was_projected,
        our_books_are_the_provider_s,
        every_account_is_what_the_records_say,
    ),
)

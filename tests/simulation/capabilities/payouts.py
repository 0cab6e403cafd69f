"""Payouts: sellers who ask for what they have, banks that take it or send it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import PAYS_OUT, SELLERS, TENANTS, seller_of
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, World
from tollgate.kernel.errors import RetryableError
from tollgate.ledger.accounts import seller_available
from tollgate.payouts.model import PayoutState, SellerRisk
from tollgate.payouts.recording import DAILY_LIMIT
from tollgate.payouts.service import MINIMUM, CreatePayout

_ACCOUNTS = {seller_available(seller): seller for seller in SELLERS}
_ANYBODY = [("demo", "ven_1", "USD", MINIMUM)]
_WORDS = {
    "pending": (PayoutState.SENT,),
    "paid": (PayoutState.PAID,),
    "failed": (PayoutState.FAILED,),
}


def _connect(world: World, choices: Choices) -> None:
    put = world.rooms.stored.sellers.put(
        seller_of(choices.of(TENANTS), choices.of(SELLERS), choices.of(tuple(SellerRisk)))
    )
    try:
        world.rooms.unit_of_work.commit(put)
    except RetryableError:
        return  # the admin is told


def _pay_out(world: World, choices: Choices) -> None:
    """Sellers who know what they have ask for it, for half of it, or for more."""
    tenant, seller, currency, payable = choices.of(_worth_asking(world) or _ANYBODY)
    amount = choices.of((payable, payable // 2, payable, payable + 1))
    wish = CreatePayout(
        tenant=tenant,
        caller=seller,
        seller=seller,
        key=world.key(),
        body={"amount": amount},
        amount=max(amount, MINIMUM),
        currency=currency,
        instant=choices.number(3) == 0,
    )
    world.ask("payout", lambda: world.rooms.paying_out.create(wish))


def _worth_asking(world: World) -> list[tuple[str, str, str, int]]:
    return [
        (tenant, _ACCOUNTS[each.key.account], each.key.currency, each.amount)
        for tenant in TENANTS
        for each in world.rooms.stored.ledger_reader.balances(tenant)
        if each.key.account in _ACCOUNTS and each.amount >= MINIMUM
    ]


def _bank(world: World, choices: Choices) -> None:
    books = world.books[PAYS_OUT]
    if books.payouts:
        books.end_payout(choices.of(list(books.payouts.values())), paid=choices.number(3) > 0)


def each_payout_is_moved_and_sent_once(seen: Seen) -> Iterator[str]:
    books = seen.world.books[PAYS_OUT]
    for what, made in (("transferred", books.transfers), ("sent", books.payouts)):
        count = Counter(each["metadata"]["tollgate_payout"] for each in made.values())
        yield from (f"{id_} was {what} {times} times" for id_, times in count.items() if times > 1)


def payouts_agree_with_the_provider(seen: Seen) -> Iterator[str]:
    """Each of theirs is in the same state here, none of ours stays without an end, and what failed is back with us."""
    books, known = seen.world.books[PAYS_OUT], {each.id: each for each in seen.payouts()}
    for sent in books.payouts.values():
        ours = known[sent["metadata"]["tollgate_payout"]]
        if ours.state not in _WORDS[sent["status"]] or ours.net != sent["amount"]:
            yield f"{sent['id']} is {sent['status']} {sent['amount']}, and {ours.state} {ours.net} here"
    sent_of = {each["metadata"]["tollgate_payout"] for each in books.payouts.values()}
    for ours in known.values():
        if ours.state in (PayoutState.REQUESTED, PayoutState.UNKNOWN):
            yield f"{ours.id} is still {ours.state}"
        if ours.state in (PayoutState.SENT, PayoutState.PAID) and ours.id not in sent_of:
            yield f"{ours.id} is {ours.state}, and the provider has nothing of it"
    for transfer in books.transfers.values():
        ours = known[transfer["metadata"]["tollgate_payout"]]
        if (ours.state is PayoutState.FAILED) != transfer["reversed"]:
            yield f"{transfer['id']} is {'' if transfer['reversed'] else 'not '}reversed, its payout {ours.state}"


def no_payout_takes_more_than_is_payable(seen: Seen) -> Iterator[str]:
    """As each was made: in one commit with what it leaves."""
    stream = seen.world.rooms.stored.store.stream
    held: dict[tuple[str, ...], int] = {}
    for number, record in enumerate(stream):
        if record.place[0] == "balance":
            held[record.place] = record.value.total.amount
        if record.place[0] == "payout" and record.inserted:
            payout = record.value
            place = ("balance", payout.tenant, payout.currency, seller_available(payout.seller))
            after = next((each.value.total.amount for each in stream[number:] if each.place == place), 0)
            if after < 0 or held.get(place, 0) < payout.amount:
                yield f"{payout.id} took {payout.amount} of {held.get(place, 0)}"


def no_day_goes_past_its_limit(seen: Seen) -> Iterator[str]:
    spent: dict[tuple[str, str, str, date], int] = {}
    for each in seen.payouts():
        if each.state is not PayoutState.FAILED:
            day = (each.tenant, each.seller, each.currency, each.day)
            spent[day] = spent.get(day, 0) + each.amount
    yield from (f"{day}: {amount} were paid out" for day, amount in spent.items() if amount > DAILY_LIMIT)


PAYOUTS = Capability(
    "payouts",
    actions=(
        Action("connect", 3, _connect),
        Action("pay_out", 10, _pay_out),
        Action("bank", 5, _bank, outside=True),
    ),
    invariants=(
        each_payout_is_moved_and_sent_once,
        payouts_agree_with_the_provider,
        no_payout_takes_more_than_is_payable,
        no_day_goes_past_its_limit,
    ),
)

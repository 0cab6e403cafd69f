"""What must hold of what is resold, and of its money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.seen import Seen
from tollgate.escrow import events
from tollgate.escrow.events import AGGREGATE
from tollgate.escrow.model import Escrow, State
from tollgate.ledger.accounts import escrow as account_of
from tollgate.ledger.accounts import royalties
from tollgate.marketplace.model import Listing, Ticket
from tollgate.marketplace.model import State as ListingState
from tollgate.payments.lifecycle import State as PaymentState

_PAID = (PaymentState.CONFIRMED, PaymentState.SETTLED)
_OVER = (events.RELEASED, events.REFUNDED, events.CANCELLED)


def an_escrow_ends_once(seen: Seen) -> Iterator[str]:
    """Released or refunded, never both; never both paid and cancelled."""
    for escrow in _escrows(seen):
        told = [each.type for each in seen.told(AGGREGATE, escrow.id)]
        if sum(each in _OVER for each in told) > 1 or [each for each in _OVER if each in told[:-1]]:
            yield f"{escrow.id} is {escrow.state}, and was told {told}"


def an_escrow_is_funded_by_its_payment(seen: Seen) -> Iterator[str]:
    for escrow in _escrows(seen):
        payment = seen.payment(escrow.payment)
        paid = payment is not None and payment.state in _PAID
        funded = escrow.state not in (State.CREATED, State.CANCELLED)
        if paid != funded:
            yield f"{escrow.id} is {escrow.state}, and its payment {payment and payment.state}"


def a_listing_is_sold_once(seen: Seen) -> Iterator[str]:
    """At one time: what went back may be listed anew, under another id."""
    sales = Counter(each.listing for each in _escrows(seen) if each.state not in (State.CREATED, State.CANCELLED))
    yield from (f"{listing} was sold {count} times" for listing, count in sales.items() if count > 1)


def a_ticket_is_on_sale_once(seen: Seen) -> Iterator[str]:
    going = [each for each in _listings(seen) if each.state in (ListingState.ACTIVE, ListingState.RESERVED)]
    for (tenant, ticket), count in Counter((each.tenant, each.ticket) for each in going).items():
        if count > 1:
            yield f"{ticket} of {tenant} is listed {count} times"


def a_listing_stands_as_its_sale_does(seen: Seen) -> Iterator[str]:
    by_id = {each.id: each for each in _escrows(seen)}
    wanted = {
        State.CREATED: ListingState.RESERVED,
        State.FUNDED: ListingState.SOLD,
        State.DISPUTED: ListingState.SOLD,
        State.RELEASED: ListingState.SOLD,
        State.REFUNDED: ListingState.CANCELLED,
    }
    for listing in _listings(seen):
        sale = by_id.get(listing.escrow or "")
        if sale is not None and wanted.get(sale.state) is not listing.state:
            yield f"{listing.id} is {listing.state}, and its sale {sale.state}"
        if sale is None and listing.state in (ListingState.RESERVED, ListingState.SOLD):
            yield f"{listing.id} is {listing.state}, and nobody buys it"


def a_ticket_is_whose_it_should_be(seen: Seen) -> Iterator[str]:
    """The last buyer's to whom it was handed over; and it is listed where a listing says so."""
    listings = {each.id: each for each in _listings(seen)}
    for ticket in _tickets(seen):
        listing = listings.get(ticket.listing or "")
        if ticket.listing and (listing is None or listing.state is ListingState.CANCELLED):
            yield f"{ticket.id} says it is listed as {ticket.listing}, which is {listing and listing.state}"
    confirmed = [each for each in _escrows(seen) if each.confirmed_at]
    for tenant, id_ in {(each.tenant, each.ticket) for each in confirmed}:
        sales = [each for each in confirmed if (each.tenant, each.ticket) == (tenant, id_)]
        last = max(sales, key=lambda each: each.confirmed_at or each.created_at)
        owner = next(each.owner for each in _tickets(seen) if (each.tenant, each.id) == (tenant, id_))
        if owner != last.buyer:
            yield f"{id_} of {tenant} is {owner}'s, and was handed over to {last.buyer}"


def what_is_refunded_goes_back(seen: Seen) -> Iterator[str]:
    """Unless it cannot: the provider refuses, or a bank has it."""
    for escrow in _escrows(seen):
        payment = seen.payment(escrow.payment)
        if payment is None or escrow.state is not State.REFUNDED:
            continue
        refused = any(not each.counts for each in payment.refunds)
        if payment.refundable > 0 and not refused and not payment.disputes:
            yield f"{payment.id} has {payment.refundable} of {escrow.id}, which is refunded"


def an_escrows_account_holds_what_is_nobodys(seen: Seen) -> Iterator[str]:
    balances = seen.balances()
    for escrow in _escrows(seen):
        held = balances.get((escrow.tenant, escrow.price.currency, account_of(escrow.id)), 0)
        nobodys = escrow.is_held or escrow.state is State.REFUNDED
        left = escrow.price.amount - escrow.returned if nobodys else 0
        if held != left:
            yield f"{account_of(escrow.id)} holds {held}, and {left} should be there ({escrow.state})"


def royalties_are_what_releases_say(seen: Seen) -> Iterator[str]:
    """In the books, and in the sums of the report."""
    due, sums = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for escrow in _escrows(seen):
        if escrow.state is State.RELEASED:
            parts = escrow.rates.recipients(escrow.parts)
            for recipient, amount in parts.items():
                due[escrow.tenant, escrow.price.currency, royalties(recipient)] += amount
            sums[escrow.tenant, escrow.rates.venue, escrow.price.currency] += sum(parts.values())
    balances = seen.balances()
    for place, amount in due.items():
        if balances.get(place, 0) != amount:
            yield f"{place} holds {balances.get(place, 0)}, and {amount} was released"
    book = seen.world.rooms.stored.resale.royalties
    for (tenant, venue, currency), amount in sums.items():
        told = sum(each.amount for each in book.between(tenant, venue, currency, "2000-01-01", "2999-12-31"))
        if told != amount:
            yield f"the report of {venue} says {told} {currency}, and {amount} was released"


def escrow_events_have_no_gaps(seen: Seen) -> Iterator[str]:
    for escrow in _escrows(seen):
        told = [each.sequence for each in seen.told(AGGREGATE, escrow.id)]
        if told != list(range(1, escrow.version + 1)):
            yield f"{escrow.id} is at {escrow.version}, and has {told}"


def _escrows(seen: Seen) -> list[Escrow]:
    found: list[Escrow] = seen.world.rooms.stored.store.of("escrow")
    return found


def _listings(seen: Seen) -> list[Listing]:
    found: list[Listing] = seen.world.rooms.stored.store.of("listing")
    return found


def _tickets(seen: Seen) -> list[Ticket]:
    found: list[Ticket] = seen.world.rooms.stored.store.of("ticket")
    return found


ALL = (
    an_escrow_ends_once,
    an_escrow_is_funded_by_its_payment,
    a_listing_is_sold_once,
    a_ticket_is_on_sale_once,
    a_listing_stands_as_its_sale_does,
    a_ticket_is_whose_it_should_be,
    what_is_refunded_goes_back,
    an_escrows_account_holds_what_is_nobodys,
    royalties_are_what_releases_say,
    escrow_events_have_no_gaps,
)

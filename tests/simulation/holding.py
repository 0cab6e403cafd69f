"""What holds money for something that may not come about, as the functions' compositions have it: groups that pay
together, and tickets that are resold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.support.stores import InMemory
from tollgate.checkout.capturing import Capturing
from tollgate.checkout.holds import Holds
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.ways import Ways
from tollgate.escrow.consequences import EscrowConsequences
from tollgate.escrow.returning import EscrowReturns
from tollgate.escrow.settling import EscrowDesk
from tollgate.group_payments.consequences import GroupConsequences
from tollgate.group_payments.contributing import Contributing
from tollgate.group_payments.creating import GroupCreation
from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.desk import GroupDesk
from tollgate.group_payments.returning import GroupReturns
from tollgate.group_payments.taking import GroupHolds
from tollgate.kernel.clock import Clock
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.marketplace.listing import ListingDesk
from tollgate.marketplace.model import Ticket, VenueRules
from tollgate.marketplace.purchasing import Purchasing
from tollgate.marketplace.royalties import RoyaltyDesk
from tollgate.payments.ports import Consequences
from tollgate.payments.recording import Recorder
from tollgate.refunds.returning import Returning
from tollgate.refunds.service import Refunding
from tollgate.runtime.capture_work import Captures
from tollgate.runtime.refund_work import GiveBack, Returns

OPEN_FOR, WINDOW, PLATFORM_FEE = timedelta(minutes=10), timedelta(hours=72), 700
# Tickets by the user who has them, with what they cost; venues that want much, and nothing.
TICKETS = tuple(
    (f"tic_{number}", owner, venue, Money(price, currency))
    for number, (owner, venue, price, currency) in enumerate(
        [
            ("ann", "ven_1", 10_000, "USD"),
            ("ann", "ven_2", 333, "USD"),
            ("ben", "ven_1", 7_777, "JPY"),
            ("ben", "ven_2", 12_345, "USD"),
            ("ann", "ven_1", 1, "USD"),
        ]
    )
)
RULES = (("ven_1", 1_000, "artist", 333), ("ven_2", 0, None, 0))


@dataclass(frozen=True)
class Holding:
    """Every door of both rooms."""

    creation: GroupCreation
    contributing: Contributing
    groups: GroupDesk
    deadline: GroupDeadline
    listings: ListingDesk
    purchasing: Purchasing
    escrows: EscrowDesk
    royalties: RoyaltyDesk
    giving_back: GiveBack
    group_holds: GroupHolds
    group_returns: GroupReturns
    escrow_returns: EscrowReturns
    returning: Returning
    taking: Captures


def make_holding(
    stored: InMemory,
    opening: CheckoutOpening,
    desk: CheckoutDesk,
    refunding: Refunding,
    ways: Ways,
    recorder: Recorder,
    clock: Clock,
) -> Holding:
    """On the store's own unit of work: what happens in it is a boundary."""
    unit_of_work = stored.unit_of_work
    returning = Returning(stored.payments, refunding)
    group_returns = GroupReturns(stored.groups, returning, desk)
    escrow_returns = EscrowReturns(stored.resale.escrows, returning)
    holds = GroupHolds(stored.groups, stored.payments, Holds(ways.charges, recorder, clock), desk)
    return Holding(
        creation=GroupCreation(stored.groups, unit_of_work, clock, OPEN_FOR),
        contributing=Contributing(stored.groups, opening, desk, clock),
        groups=GroupDesk(stored.groups, unit_of_work, clock),
        deadline=GroupDeadline(stored.groups, unit_of_work, clock),
        listings=ListingDesk(stored.resale.tickets, stored.resale.listings, unit_of_work, clock, PLATFORM_FEE),
        purchasing=Purchasing(stored.resale.listings, stored.resale.escrows, opening, clock),
        escrows=EscrowDesk(stored.resale.escrows, stored.resale.sold, stored.journal, unit_of_work, clock),
        royalties=RoyaltyDesk(stored.resale.royalties, stored.resale.escrows),
        giving_back=GiveBack(stored.payments, lambda: Returns(returning, group_returns, escrow_returns)),
        group_holds=holds,
        group_returns=group_returns,
        escrow_returns=escrow_returns,
        returning=returning,
        taking=Captures(stored.payments, Capturing({}, recorder, clock), lambda: holds),
    )


def what_is_held(stored: InMemory) -> tuple[Consequences, ...]:
    """What changes along with a payment whose money is held."""
    return (
        GroupConsequences(stored.groups, stored.journal),
        EscrowConsequences(stored.resale.escrows, stored.resale.sold, WINDOW),
    )


def furnish(stored: InMemory, unit_of_work: UnitOfWork, tenants: tuple[str, ...]) -> None:
    """Who has which tickets, and what venues allow."""
    for tenant in tenants:
        for venue, royalty, artist, artists in RULES:
            rules = VenueRules(tenant, venue, venue_royalty=royalty, artist=artist, artist_royalty=artists)
            unit_of_work.commit(stored.resale.tickets.put_rules(rules))
        for id_, owner, venue, price in TICKETS:
            unit_of_work.commit(
                stored.resale.tickets.put(Ticket(id_, tenant, owner, venue, "evt_1", price, "A night", revision=1))
            )

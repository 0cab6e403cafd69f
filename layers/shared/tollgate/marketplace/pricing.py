"""Whether a price is allowed, and whether it looks like scalping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tollgate.marketplace.errors import PriceNotAllowed, ResaleNotAllowed, SuspiciousPrice
from tollgate.marketplace.model import Listing, PriceRange, State, Ticket, VenueRules

# What is looked at: a seller's listings of this long, at most so many of them.
LOOKED_BACK, LOOKED_AT = timedelta(days=1), 50
# A seller with so many listings for one event is no friend who cannot come.
MANY = 4
# Parts of the way from the face value to the highest price, in basis points, from which a price is at the top.
AT_THE_TOP = 9_500


def require_allowed(rules: VenueRules, ticket: Ticket, price: int) -> PriceRange:
    """Raises `ResaleNotAllowed`, `PriceNotAllowed`."""
    if not rules.allowed:
        raise ResaleNotAllowed
    allowed = rules.prices(ticket.face_value)
    if not allowed.allows(price):
        raise PriceNotAllowed(allowed)
    return allowed


def patterns(ticket: Ticket, price: int, allowed: PriceRange, recent: Sequence[Listing]) -> tuple[str, ...]:
    """What about a price looks like scalping, by name: `top_price` close below what is allowed, `many_listings` of one
    event, `raised_again` where the same ticket was listed for less within the day.
    """
    face = ticket.face_value.amount
    others = [each for each in recent if each.occasion == ticket.occasion and each.state is not State.CANCELLED]
    before = [each.price.amount for each in recent if each.ticket == ticket.id]
    found = {
        "top_price": price > face and (price - face) * 10_000 >= (allowed.highest - face) * AT_THE_TOP,
        "many_listings": len(others) >= MANY,
        "raised_again": any(price > each for each in before),
    }
    return tuple(name for name, holds in found.items() if holds)


def require_unsuspicious(rules: VenueRules, found: tuple[str, ...]) -> None:
    """Raises `SuspiciousPrice` where the venue is strict and more than one thing is odd."""
    if rules.strict and len(found) > 1:
        raise SuspiciousPrice(found)

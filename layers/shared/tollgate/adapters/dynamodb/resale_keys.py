"""Keys of what is resold, and of what is held for it. As `keys`."""

from __future__ import annotations

from tollgate.adapters.dynamodb.keys import Key


def escrow(tenant: str, escrow_id: str) -> Key:
    return f"ESCROW#{tenant}#{escrow_id}", "ESCROW"


def waiting(tenant: str, escrow_id: str) -> Key:
    """Who waits for the escrow. Apart from it: a token is as long as all else together."""
    return f"ESCROW#{tenant}#{escrow_id}", "WAITING"


def royalties_counted(tenant: str, escrow_id: str) -> Key:
    """That the royalties of this escrow are in their venue's sums, and what they were."""
    return f"ESCROW#{tenant}#{escrow_id}", "ROYALTIES"


def royalties(tenant: str, venue: str, currency: str) -> str:
    """Partition of a venue's sums; they sort by day and event."""
    return f"ROYALTIES#{tenant}#{currency}#{venue}"


def royalties_of_day(tenant: str, venue: str, currency: str, day: str, occasion: str) -> Key:
    return royalties(tenant, venue, currency), f"{day}#{occasion}"


def ticket(tenant: str, ticket_id: str) -> Key:
    return f"TICKET#{tenant}#{ticket_id}", "TICKET"


def resale_rules(tenant: str, venue: str) -> Key:
    return f"RESALE_RULES#{tenant}#{venue}", "RULES"


def listing(tenant: str, listing_id: str) -> Key:
    return f"LISTING#{tenant}#{listing_id}", "LISTING"


def listings_of(tenant: str, user: str) -> str:
    """Partition of the index by owner: all listings of a seller. No tenant's name begins so."""
    return f"#listings#{tenant}#{user}"


def listings_at(tenant: str, venue: str) -> str:
    """Partition of the index by day: what can be bought at a venue. No tenant's name begins so."""
    return f"#listings#{tenant}#{venue}"

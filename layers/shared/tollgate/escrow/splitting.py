"""How the price of a resold ticket is divided: royalties to the venue and the artist, a fee to the platform, and the
rest to the seller. Shares are basis points of the price; what does not divide goes by largest remainder, so that the
parts always sum to the price.
"""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.kernel.money import BASIS_POINTS, Money


@dataclass(frozen=True, slots=True)
class Parts:
    """Minor units of one currency."""

    venue: int
    artist: int
    platform: int
    seller: int

    @property
    def royalties(self) -> int:
        return self.venue + self.artist


@dataclass(frozen=True, slots=True)
class Rates:
    """Basis points for each, and who gets the royalties. Raises `ValueError` for more than all of the price, or for an
    artist's part without an artist.
    """

    venue: str
    venue_share: int
    platform_share: int
    artist: str | None = None
    artist_share: int = 0

    def __post_init__(self) -> None:
        shares = (self.venue_share, self.artist_share, self.platform_share)
        if min(shares) < 0 or sum(shares) > BASIS_POINTS:
            raise ValueError("the shares are not negative, and together not more than all")
        if self.artist_share and self.artist is None:
            raise ValueError("nobody is there for the artist's share")

    def of(self, price: Money) -> Parts:
        """The parts of a price."""
        taken = (self.venue_share, self.artist_share, self.platform_share)
        venue, artist, platform, seller = price.split((*taken, BASIS_POINTS - sum(taken)))
        return Parts(venue.amount, artist.amount, platform.amount, seller.amount)

    def recipients(self, parts: Parts) -> dict[str, int]:
        """What each recipient of royalties gets. A venue may be the artist, too."""
        found = {self.venue: parts.venue}
        if self.artist is not None:
            found[self.artist] = found.get(self.artist, 0) + parts.artist
        return {recipient: amount for recipient, amount in found.items() if amount}

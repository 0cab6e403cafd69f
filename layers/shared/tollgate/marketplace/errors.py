"""What can go wrong with listings on our side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollgate.kernel.errors import ConcurrentChange, FieldError, NotFound, TollgateError, ValidationFailed
from tollgate.payments.ports import TiedRecordChanged

if TYPE_CHECKING:
    from tollgate.marketplace.model import PriceRange


class TicketNotFound(NotFound):
    """No such ticket, or not this caller's."""

    code = "TICKET_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("ticket")


class ListingNotFound(NotFound):
    """No such listing."""

    def __init__(self) -> None:
        super().__init__("listing")


class TicketChanged(ConcurrentChange):
    """The ticket changed hands, or was listed, since it was read."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"{id_} changed")


class ListingChanged(TiedRecordChanged):
    """The listing moved on since it was read."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"{id_} changed")


class TicketListed(TollgateError):
    """It is for sale, or being sold."""

    code = "TICKET_LISTED"

    def __init__(self, listing: str) -> None:
        super().__init__(f"this ticket is listed as {listing}")


class ListingNotAvailable(TollgateError):
    """Somebody else is buying it or has, or it is no longer for sale."""

    code = "LISTING_NOT_AVAILABLE"

    def __init__(self, status: str) -> None:
        super().__init__(f"this listing is {status}")


class ResaleNotAllowed(TollgateError):
    """Its venue does not allow it."""

    code = "RESALE_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("the venue of this ticket does not allow its resale")


class OwnListing(TollgateError):
    """Nobody buys from themselves."""

    code = "OWN_LISTING"

    def __init__(self) -> None:
        super().__init__("this listing is yours")


class PriceNotAllowed(ValidationFailed):
    """More or less than its venue allows; carries the range."""

    def __init__(self, allowed: PriceRange) -> None:
        super().__init__([FieldError("price", f"{allowed.lowest} to {allowed.highest} for this ticket")])
        self.allowed = allowed


class SuspiciousPrice(TollgateError):
    """A pattern that its venue does not want; says which."""

    code = "SUSPICIOUS_PRICE"

    def __init__(self, patterns: tuple[str, ...]) -> None:
        super().__init__(f"this listing looks like scalping: {', '.join(patterns)}")
        self.patterns = patterns

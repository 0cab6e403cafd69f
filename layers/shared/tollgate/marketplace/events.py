"""Detail types of the events of a listing. What its sale comes to, the escrow tells."""

from __future__ import annotations

LISTED = "payments.listing.created"
UNLISTED = "payments.listing.cancelled"

"""Detail types of gift cards' events."""

from __future__ import annotations

ORDERED = "payments.gift_card.ordered"
ACTIVATED = "payments.gift_card.activated"
CANCELLED = "payments.gift_card.cancelled"
USED = "payments.gift_card.used"
REDEEMED = "payments.gift_card.redeemed"
HELD = "payments.gift_card.held"
CAPTURED = "payments.gift_card.captured"
RELEASED = "payments.gift_card.released"
RESTORED = "payments.gift_card.restored"
FROZEN = "payments.gift_card.frozen"
UNFROZEN = "payments.gift_card.unfrozen"
EXPIRED = "payments.gift_card.expired"
REFUNDING = "payments.gift_card.refunding"
REINSTATED = "payments.gift_card.reinstated"
ADJUSTED = "payments.gift_card.adjusted"

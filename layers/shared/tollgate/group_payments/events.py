"""Detail types of the events of groups and of their shares."""

from __future__ import annotations

GROUP_CREATED = "payments.group.created"
GROUP_AUTHORIZED = "payments.group.authorized"
GROUP_COMPLETED = "payments.group.completed"
GROUP_EXPIRED = "payments.group.expired"
GROUP_CANCELLED = "payments.group.cancelled"
SHARE_REQUESTED = "payments.group_share.requested"
SHARE_REMINDED = "payments.group_share.reminded"
SHARE_HELD = "payments.group_share.held"
SHARE_RELEASED = "payments.group_share.released"
SHARE_PAID = "payments.group_share.paid"
SHARE_REFUNDED = "payments.group_share.refunded"

# After these what was paid goes back.
FAILURES = frozenset({GROUP_EXPIRED, GROUP_CANCELLED})

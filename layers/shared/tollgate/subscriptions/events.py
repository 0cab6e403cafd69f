"""Detail types of subscription events."""

from __future__ import annotations

CREATED = "payments.subscription.created"  # ordered, not paid
IMPORTED = "payments.subscription.imported"  # it began in another system, and goes on here
EXPIRED = "payments.subscription.expired"  # its page was never paid
ACTIVATED = "payments.subscription.activated"  # the first period is paid, or the trial has begun
RENEWED = "payments.subscription.renewed"  # another period is paid
CHARGED = "payments.subscription.charged"  # something beside a period is paid: a change within one
GRACE_STARTED = "payments.subscription.grace_started"  # a period could not be charged; access stays
PAYMENT_FAILED = "payments.subscription.payment_failed"  # nor in another try
GRACE_ENDED = "payments.subscription.grace_ended"  # paid after all, given up, or cancelled
FAILED = "payments.subscription.failed"  # given up: back to what is free
REMINDED = "payments.subscription.reminded"  # of what is owed
CARD_GIVEN = "payments.subscription.card_given"
CANCELLED = "payments.subscription.cancelled"  # it ends, now or with the period
REINSTATED = "payments.subscription.reinstated"  # it was to end, and goes on
ENDED = "payments.subscription.ended"  # access is over
CHANGED = "payments.subscription.changed"  # another plan, or price
PAUSED = "payments.subscription.paused"
RESUMED = "payments.subscription.resumed"
ENDINGS = frozenset({EXPIRED, FAILED, ENDED})
LATE_PAYMENT = "payments.subscription.late_payment"  # money came for one that has ended: held

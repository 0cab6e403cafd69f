"""What is due next in a subscription's life, and when."""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.store import Record

ENDED = ("canceled", "incomplete_expired")
_DAY = 86_400
_FIRST_PAYMENT_SECONDS = 23 * 3600
_WARNED_BEFORE = 3 * _DAY
_ANNOUNCED_BEFORE = 7 * _DAY


def item_of(subscription: Record) -> Body:
    """The one item of a subscription; the period is its own."""
    item: Body = subscription.body["items"]["data"][0]
    return item


def moments(subscription: Record) -> list[tuple[int, str]]:
    """Everything that is to come, in order, as `(epoch seconds, what)`; of the same moment, an end comes first."""
    body, item = subscription.body, item_of(subscription)
    if body["status"] in ENDED:
        return []
    found: list[tuple[int, str]] = [(body["cancel_at"], "cancel")] if body["cancel_at"] else []
    if body["status"] == "incomplete":
        return sorted([*found, (body["created"] + _FIRST_PAYMENT_SECONDS, "expire")])
    if body["status"] != "paused":
        found += [(item["current_period_end"], "cycle"), *_notices(subscription, item)]
    if body["pending_update"]:
        found.append((body["pending_update"]["expires_at"], "forget_update"))
    pause = body["pause_collection"]
    if pause and pause["resumes_at"]:
        found.append((pause["resumes_at"], "collect"))
    return sorted(found)


def _notices(subscription: Record, item: Body) -> list[tuple[int, str]]:
    body, private, end = subscription.body, subscription.private, item["current_period_end"]
    found: list[tuple[int, str]] = []
    if body["status"] == "trialing" and private.get("warned") != body["trial_end"]:
        found.append((max(body["trial_end"] - _WARNED_BEFORE, item["current_period_start"]), "announce_trial_end"))
    long_enough = end - item["current_period_start"] > _ANNOUNCED_BEFORE
    goes_on = not body["cancel_at"] or body["cancel_at"] > end
    if long_enough and goes_on and private.get("announced") != end:
        found.append((end - _ANNOUNCED_BEFORE, "announce_renewal"))
    return found


def schedule(subscription: Record) -> None:
    """Wake the subscription up when the next thing is due. The caller saves it."""
    to_come = moments(subscription)
    subscription.due = to_come[0][0] if to_come else None

"""How changes of a subscription are told."""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.events import emit
from local.simulators.stripe.store import Record
from local.simulators.stripe.subscription_schedule import schedule
from local.simulators.stripe.work import Work


def report(work: Work, subscription: Record, before: Body, event: str = "customer.subscription.updated") -> None:
    """Store a subscription and tell what is new about it, if anything is; `before` is what it was."""
    schedule(subscription)
    work.save(subscription)
    previous = {name: value for name, value in before.items() if subscription.body[name] != value}
    if previous:
        emit(work, event, subscription, previous)

"""Customers and subscriptions for tests, and the passing of time."""

from __future__ import annotations

from typing import Any

from tests.simulators.world import World

DAY = 86_400
DRAFT = 3600


def plan(amount: int = 1000, currency: str = "usd", interval: str = "month", **more: Any) -> Any:
    """A recurring price, inline, for a checkout session."""
    data = {
        "currency": currency,
        "unit_amount": amount,
        "product_data": {"name": "Gold"},
        "recurring": {"interval": interval, **more},
    }
    return [{"price_data": data, "quantity": 1}]


def a_price(world: World, amount: int = 1000, interval: str = "month", **recurring: Any) -> Any:
    """A stored price of a product of its own."""
    wanted = {
        "currency": "usd", "unit_amount": amount, "product_data": {"name": "Gold"},
        "recurring": {"interval": interval, **recurring},
    }  # fmt: skip
    return world.client.v1.prices.create(params=wanted)


def checkout(world: World, amount: int = 1000, **changes: Any) -> Any:
    """An open session of the mode subscription, of a month unless told otherwise."""
    wanted = {
        "mode": "subscription",
        "line_items": plan(amount),
        "success_url": "http://127.0.0.1:9/ok?session={CHECKOUT_SESSION_ID}",
        "customer_email": "ada@b.example",
        **changes,
    }
    return world.client.v1.checkout.sessions.create(params=wanted)


def subscribed(world: World, card: str = "4242424242424242", amount: int = 1000, **changes: Any) -> Any:
    """A subscription bought through a checkout, without a browser."""
    session = checkout(world, amount, **changes)
    world.control(f"sessions/{session.id}/pay", card=card)
    return world.client.v1.subscriptions.retrieve(world.client.v1.checkout.sessions.retrieve(session.id).subscription)


def a_customer(world: World, method: str | None = "pm_card_visa") -> Any:
    """A customer, with a card that their invoices are charged to."""
    customer = world.client.v1.customers.create(params={"email": "ada@b.example"})
    if method:
        attached = world.client.v1.payment_methods.attach(method, params={"customer": customer.id})
        settings = {"invoice_settings": {"default_payment_method": attached.id}}
        world.client.v1.customers.update(customer.id, params=settings)
    return customer


def pass_time(world: World, until: float) -> None:
    """Move the clock to a moment, and let happen what is due by then."""
    world.clock.offset += until - world.clock()
    world.state()


def renew(world: World, subscription: Any) -> Any:
    """Let the present period end and the draft of the next be charged; returns the subscription as it then is."""
    pass_time(world, now_of(world, subscription).items.data[0].current_period_end + DRAFT + 1)
    return now_of(world, subscription)


def now_of(world: World, subscription: Any) -> Any:
    """The subscription as it is now."""
    return world.client.v1.subscriptions.retrieve(subscription.id)


def invoices(world: World, subscription: Any) -> list[Any]:
    """A subscription's invoices, the newest first, with their payments."""
    wanted = {"subscription": subscription.id, "limit": 100, "expand": ["data.payments"]}
    return list(world.client.v1.invoices.list(params=wanted).data)


def period(subscription: Any) -> tuple[int, int]:
    """Where the present period begins and ends."""
    item = subscription.items.data[0]
    return item.current_period_start, item.current_period_end


def reported(world: World) -> list[str]:
    """The types of all events, in the order in which they happened."""
    return [event.type for event in reversed(world.client.v1.events.list(params={"limit": 100}).data)]


def latest(world: World, event_type: str) -> Any:
    """The newest event of a type."""
    return world.client.v1.events.list(params={"type": event_type, "limit": 1}).data[0]

"""Ordering a subscription: a checkout like any other, whose payment begins it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tollgate.catalog.model import PricingItem
from tollgate.catalog.ports import CatalogRepository
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import CheckoutRequest, Recurring
from tollgate.checkout.presentation import present_order
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, FieldError, ValidationFailed
from tollgate.kernel.idempotency import Response
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.model import LineItem
from tollgate.payments.values import Billing
from tollgate.subscriptions.errors import AlreadySubscribed
from tollgate.subscriptions.model import State, Subscription, Terms
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository

OPERATION = "subscription.order"
# Losing means that another order of the same user was begun or given up just now.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class OrderSubscription:
    """A wish to subscribe to a plan. `body` is the request as it came: it tells the same wish from another under one
    key.
    """

    tenant: str
    owner: str
    key: str
    body: Mapping[str, object]
    plan: str
    request: CheckoutRequest | ChargeRequest
    method: str
    provider: str | None = None
    consumer: str | None = None
    client_reference: str | None = None
    caller: str | None = None
    trace: str | None = None


class SubscriptionOrdering:
    """The subscription is stored with the payment of its first period, and begins once that is made. A page that nobody
    has paid gives way to the next order; whoever has the product open gets no second.
    """

    def __init__(
        self,
        opening: CheckoutOpening,
        desk: CheckoutDesk,
        subscriptions: SubscriptionRepository,
        catalog: CatalogRepository,
        clock: Clock,
    ) -> None:
        self._opening = opening
        self._desk = desk
        self._subscriptions = subscriptions
        self._catalog = catalog
        self._clock = clock

    def order(self, wish: OrderSubscription) -> Response:
        """Open a checkout for a plan, or answer what an earlier request with this key was answered.

        Raises `ValidationFailed`, `AlreadySubscribed`, and what opening a checkout raises.
        """
        plain = _checkout(wish)
        for _ in range(_TRIES):
            try:
                terms, recurring = self._terms(wish)
                checkout = self._with(plain, wish, terms, recurring)
                return self._opening.create(checkout, present_order)
            except (ValidationFailed, AlreadySubscribed) as refused:
                # Plans and seats change: what was ordered under this key is still answered.
                answered = self._opening.repeat(plain.scope, wish.body, present_order, wish.trace)
                if answered is not None:
                    return answered
                if not isinstance(refused, AlreadySubscribed):
                    raise
                self._make_way(wish, refused)
        raise ConcurrentChange("another subscription to this product is being ordered")

    def _terms(self, wish: OrderSubscription) -> tuple[Terms, Recurring]:
        item = self._catalog.find(wish.tenant, wish.plan)
        if item is None or not item.active:
            raise ValidationFailed([FieldError("pricingItemCode", f"no plan {wish.plan!r} is on sale")])
        return terms_of(item), recurring_of(item)

    def _with(
        self, plain: CreateCheckout, wish: OrderSubscription, terms: Terms, recurring: Recurring
    ) -> CreateCheckout:
        due = replace(terms.unit, amount=0) if terms.trial_days else terms.unit
        name = f"{terms.name}, {terms.trial_days} days free" if terms.trial_days else terms.name
        ordered = self._subscription(wish, plain.payment_id, terms).order(self._clock.now(), wish.trace)
        request, source = wish.request, None
        if isinstance(request, CheckoutRequest):
            request = replace(request, recurring=recurring)
        else:
            source = _source(request, terms)
        return replace(
            plain,
            lines=(LineItem(terms.code, name, 1, due),),
            risk=terms.risk,
            request=request,
            billing=Billing(ordered.subscription.id, source=source),
            beside=tuple(self._subscriptions.create(ordered)),
        )

    def _subscription(self, wish: OrderSubscription, payment_id: str, terms: Terms) -> Subscription:
        now = self._clock.now()
        return Subscription(
            id=derived("sub", *_scope(wish)),
            tenant=wish.tenant,
            owner=wish.owner,
            terms=terms,
            state=State.PENDING,
            version=0,
            created_at=now,
            updated_at=now,
            payment=payment_id,
            consumer=wish.consumer,
            client_reference=wish.client_reference,
            method=wish.method,
            email=wish.request.customer_email,
        )

    def _make_way(self, wish: OrderSubscription, refused: AlreadySubscribed) -> None:
        """Raises what was refused unless that is an order which nobody has paid, nor will."""
        standing = self._subscriptions.get(SubscriptionKey(wish.tenant, refused.subscription_id))
        if standing is None or not standing.is_open:
            return  # it has just ended
        if standing.state is not State.PENDING:
            raise refused
        try:
            self._desk.cancel(Viewer(wish.tenant, None), standing.payment)
        except InvalidTransition:
            raise refused from None


def _source(request: ChargeRequest, terms: Terms) -> str:
    """What is charged at once, and later. A trial takes nothing, and so would not show that it can be."""
    if terms.trial_days:
        raise ValidationFailed([FieldError("sources", f"{terms.code!r} begins with a trial: order it on a page")])
    if len(request.sources) != 1:
        raise ValidationFailed([FieldError("sources", "one saved method, which later periods are charged to")])
    return next(iter(request.sources.values()))


def terms_of(item: PricingItem) -> Terms:
    """A plan as it is now; `ValidationFailed` for what is sold once."""
    if item.interval is None:
        raise ValidationFailed([FieldError("pricingItemCode", f"{item.code!r} is sold once; order it at a checkout")])
    return Terms(item.code, item.name, item.product, item.unit, item.interval, item.trial_days, item.risk)


def recurring_of(item: PricingItem) -> Recurring:
    """What a page sells of it."""
    terms = terms_of(item)
    return Recurring(terms.name, terms.unit, terms.interval, terms.trial_days, item.references)


def _scope(wish: OrderSubscription) -> tuple[str, str, str, str]:
    return (wish.tenant, wish.caller or wish.owner, OPERATION, wish.key)


def _checkout(wish: OrderSubscription) -> CreateCheckout:
    return CreateCheckout(
        tenant=wish.tenant,
        owner=wish.owner,
        operation=OPERATION,
        key=wish.key,
        body=wish.body,
        basket=(),
        method=wish.method,
        request=wish.request,
        provider=wish.provider,
        consumer=wish.consumer,
        client_reference=wish.client_reference,
        caller=wish.caller,
        trace=wish.trace,
    )

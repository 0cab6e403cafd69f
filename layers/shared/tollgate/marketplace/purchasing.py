"""Buying what is listed: a charge whose money is held until the ticket is handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.presentation import present_charge
from tollgate.checkout.wishes import CreateCheckout
from tollgate.escrow.model import Escrow
from tollgate.escrow.model import State as EscrowState
from tollgate.escrow.ports import EscrowRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.idempotency import Response
from tollgate.kernel.ids import derived, is_id
from tollgate.marketplace.errors import ListingChanged, ListingNotAvailable, ListingNotFound, OwnListing
from tollgate.marketplace.model import Listing, State
from tollgate.marketplace.ports import ListingRepository
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.model import LineItem

OPERATION = "marketplace.purchase"
ITEM = "resale_ticket"
_TRIES = 8


@dataclass(frozen=True, slots=True)
class BuyListing:
    """A wish to buy what is listed. `body` tells the same wish from another under one key."""

    tenant: str
    buyer: str
    listing: str
    key: str
    body: Mapping[str, object]
    request: ChargeRequest
    method: str = "card"
    provider: str | None = None
    consumer: str | None = None
    trace: str | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.tenant, self.buyer, OPERATION, self.key)

    @property
    def escrow_id(self) -> str:
        """Follows from the key, as the payment does."""
        return derived("esc", *self.scope)


class Purchasing:
    """The listing is reserved in the transaction that begins the charge: of fifty who buy it one is charged."""

    def __init__(
        self, listings: ListingRepository, escrows: EscrowRepository, opening: CheckoutOpening, clock: Clock
    ) -> None:
        self._listings = listings
        self._escrows = escrows
        self._opening = opening
        self._clock = clock

    def buy(self, wish: BuyListing) -> Response:
        """Charge for it, or answer what an earlier request with this key was answered.

        Raises `ListingNotFound`, `ListingNotAvailable`, `OwnListing`, and what a charge raises.
        """
        for _ in range(_TRIES):
            listing = self._listings.get(wish.tenant, wish.listing) if is_id("lst", wish.listing) else None
            if listing is None:
                raise ListingNotFound
            # What this very request has begun it goes on with.
            if listing.state is not State.ACTIVE and listing.escrow != wish.escrow_id:
                return self._answered(wish, listing)
            if listing.seller == wish.buyer:
                raise OwnListing
            try:
                return self._opening.create(self._checkout(wish, listing), present_charge)
            except ListingChanged:
                continue
        raise ConcurrentChange(f"{wish.listing} changes too fast")

    def escrow(self, wish: BuyListing) -> Escrow | None:
        """What a purchase has come to."""
        return self._escrows.get(wish.tenant, wish.escrow_id)

    def _answered(self, wish: BuyListing, listing: Listing) -> Response:
        answered = self._opening.repeat(wish.scope, wish.body, present_charge, wish.trace)
        if answered is None:
            raise ListingNotAvailable(listing.state)
        return answered

    def _checkout(self, wish: BuyListing, listing: Listing) -> CreateCheckout:
        tenant, caller, operation, key = wish.scope
        parts = listing.rates.of(listing.price)
        seller = account_of(tenant, listing.seller)
        draft = CreateCheckout(
            tenant=tenant,
            owner=wish.buyer,
            operation=operation,
            key=key,
            body=wish.body,
            basket=(),
            method=wish.method,
            request=wish.request,
            provider=wish.provider,
            consumer=wish.consumer,
            client_reference=listing.id,
            caller=caller,
            trace=wish.trace,
            seller=seller,
            lines=(LineItem(ITEM, listing.occasion_name or "Ticket", 1, listing.price),),
            deposit=Deposit(DepositKind.ESCROW, wish.escrow_id, royalties=parts.royalties),
            fee=parts.platform,
        )
        now = self._clock.now()
        escrow = Escrow(
            id=wish.escrow_id,
            tenant=tenant,
            listing=listing.id,
            ticket=listing.ticket,
            occasion=listing.occasion,
            occasion_name=listing.occasion_name,
            buyer=wish.buyer,
            seller=listing.seller,
            seller_account=seller,
            price=listing.price,
            rates=listing.rates,
            state=EscrowState.CREATED,
            payment=draft.payment_id,
            created_at=now,
            updated_at=now,
        )
        reserved = self._listings.reserve(listing.reserved(escrow.id))
        return replace(draft, beside=(reserved, *self._escrows.create(escrow.opened(wish.trace))))


def account_of(tenant: str, user: str) -> str:
    """What names a user's accounts in the ledger: users may be called anything."""
    return derived("usr", tenant, user)

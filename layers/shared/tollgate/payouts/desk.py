"""What a seller has, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass

from tollgate.kernel.errors import NotFound
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.ledger import accounts
from tollgate.ledger.ports import Balances
from tollgate.payouts.model import Payout, Seller
from tollgate.payouts.ports import PayoutRepository, PayoutsPage, SellerRepository


@dataclass(frozen=True, slots=True)
class SellerBalance:
    """Minor units: sold and not settled, payable now, and held back."""

    currency: str
    pending: int
    payable: int
    reserved: int

    @property
    def available(self) -> int:
        return self.payable + self.reserved


class PayoutDesk:
    """Everything about payouts but making them."""

    def __init__(
        self, payouts: PayoutRepository, sellers: SellerRepository, balances: Balances, unit_of_work: UnitOfWork
    ) -> None:
        self._payouts = payouts
        self._sellers = sellers
        self._balances = balances
        self._unit_of_work = unit_of_work

    def balance(self, tenant: str, seller: str, currency: str) -> SellerBalance:
        """As it was projected a moment ago."""
        pending, payable, reserved = (
            make(seller) for make in (accounts.seller_pending, accounts.seller_available, accounts.seller_reserved)
        )
        held = self._balances.get(tenant, currency, (pending, payable, reserved))
        return SellerBalance(currency, held[pending], held[payable], held[reserved])

    def payouts(self, tenant: str, seller: str, *, limit: int, cursor: str | None) -> PayoutsPage:
        """A page, newest first; raises `InvalidCursor`."""
        return self._payouts.list(tenant, seller, limit=limit, cursor=cursor)

    def payout(self, tenant: str, seller: str, id_: str) -> Payout:
        """One of the seller's; raises `NotFound`."""
        found = self._payouts.get(tenant, id_) if is_id("pyt", id_) else None
        if found is None or found.seller != seller:
            raise NotFound("payout")
        return found

    def account(self, tenant: str, seller: str) -> Seller:
        """Where the seller's money goes; raises `NotFound`."""
        found = self._sellers.get(tenant, seller)
        if found is None:
            raise NotFound("payout account")
        return found

    def connect(self, seller: Seller) -> None:
        """Say where it goes from now on. Payouts that were asked for before go where they were meant to."""
        self._unit_of_work.commit(self._sellers.put(seller))

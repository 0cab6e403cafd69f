"""Rooms in a deployment where nobody pays with anything but a provider, whose health nobody watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tests.support.fakes import MemoryCatalog, ScriptedSales
from tests.support.memory.routing import MemoryRules
from tests.support.memory.store import MemoryStore
from tollgate.catalog.ports import CatalogRepository
from tollgate.checkout.drafting import Drafting
from tollgate.checkout.ports import CheckoutProvider
from tollgate.checkout.tendering import Purchase, Tendering, TenderPlan, TenderRefused, TenderWish
from tollgate.checkout.ways import Charges, Pages, Ways
from tollgate.fees.platform import PlatformFees
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences, ParkedEvents, PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.routing.circuit import Circuit
from tollgate.routing.ports import Circuits
from tollgate.routing.router import Offer, Router


class NoConsequences(Consequences):
    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        return ()


class AllClosed(Circuits):
    def find(self, provider: str) -> Circuit:
        return Circuit(provider)

    def may_probe(self, provider: str) -> bool:
        return False

    def take_probe(self, provider: str) -> bool:
        return False


class NoTendering(Tendering):
    def plan(self, purchase: Purchase, wishes: Sequence[TenderWish]) -> TenderPlan:
        raise TenderRefused(wishes[0].field, "nobody keeps value here")


def plain_recorder(
    payments: PaymentRepository, parked: ParkedEvents, unit_of_work: UnitOfWork, clock: Clock
) -> Recorder:
    return Recorder(payments, parked, NoConsequences(), unit_of_work, clock)


def pages_of(providers: Mapping[str, CheckoutProvider]) -> Ways:
    """Nobody is charged at once."""
    return Ways(Pages(providers), Charges({}))


def plain_router(*offers: Offer, default: str = "stripe", circuits: Circuits | None = None) -> Router:
    """No operator says anything."""
    return Router(offers, default, MemoryRules(MemoryStore()), circuits or AllClosed())


def plain_drafting(
    providers: Sequence[CheckoutProvider],
    clock: Clock,
    catalog: CatalogRepository | None = None,
    ways: Ways | None = None,
    circuits: Circuits | None = None,
) -> Drafting:
    return Drafting(
        catalog=catalog or MemoryCatalog(),
        fees=PlatformFees(ScriptedSales(), clock),
        router=plain_router(*(each.offer for each in providers), circuits=circuits),
        ways=ways or pages_of({each.offer.provider: each for each in providers}),
        tendering=NoTendering(),
        clock=clock,
    )

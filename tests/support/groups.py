"""Groups as tests want them, and a world in which their shares are paid without any provider."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.support.builders import NOW, a_draft, a_line, captured
from tests.support.hold_world import UNTIL, HoldingCharges
from tests.support.memory.events import EVENT
from tests.support.memory.ledger import JOURNAL
from tests.support.stores import InMemory, Store
from tollgate.checkout.holds import Holds
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.ways import Charges, Pages, Ways
from tollgate.group_payments.consequences import GroupConsequences
from tollgate.group_payments.creating import CreateGroup, GroupCreation, Member
from tollgate.group_payments.deadline import GroupDeadline
from tollgate.group_payments.desk import GroupDesk
from tollgate.group_payments.model import Group, Selection
from tollgate.group_payments.ports import Seen
from tollgate.group_payments.shares import Share
from tollgate.group_payments.taking import GroupHolds
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session, open_payment
from tollgate.payments.recording import Recorded, Recorder
from tollgate.payments.refunds import RefundReport, RefundState

LIFE = timedelta(minutes=10)
ORGANIZER = "organizer-1"


def a_group_wish(name: str = "1", members: int = 2, price: int = 2_500, **fields: Any) -> CreateGroup:
    """Each member takes two tickets of that price, in minor units."""
    defaults: dict[str, Any] = {
        "tenant": "demo",
        "organizer": ORGANIZER,
        "caller": ORGANIZER,
        "key": derived("key", name),
        "body": {"name": name, "members": members},
        "occasion": "concert-1",
        "currency": "USD",
        "selections": (Selection("standing", 2 * members, price),),
        "members": tuple(Member(f"friend{n}@mail.example", f"Friend {n}", 2) for n in range(1, members + 1)),
        "seller": "ven_1",
    }
    return CreateGroup(**(defaults | fields))


@dataclass
class GroupWorld:
    """The room on any store, with a clock that a test moves."""

    store: Store = field(default_factory=InMemory)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    # Where what is set aside lies.
    provider: HoldingCharges = field(default_factory=HoldingCharges)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def creation(self) -> GroupCreation:
        return GroupCreation(self.store.groups, self.store.unit_of_work, self.clock, LIFE)

    @property
    def desk(self) -> GroupDesk:
        return GroupDesk(self.store.groups, self.store.unit_of_work, self.clock)

    @property
    def deadline(self) -> GroupDeadline:
        return GroupDeadline(self.store.groups, self.store.unit_of_work, self.clock)

    @property
    def ways(self) -> Ways:
        return Ways(Pages({}), Charges({"stripe": self.provider}))

    @property
    def checkouts(self) -> CheckoutDesk:
        return CheckoutDesk(payments=self.store.payments, recorder=self.recorder, ways=self.ways, clock=self.clock)

    @property
    def holds(self) -> GroupHolds:
        holds = Holds(self.ways.charges, self.recorder, self.clock)
        return GroupHolds(self.store.groups, self.store.payments, holds, self.checkouts)

    @property
    def recorder(self) -> Recorder:
        store = self.store
        consequences = GroupConsequences(store.groups, store.journal)
        return Recorder(store.payments, store.parking, consequences, store.unit_of_work, self.clock)

    def made(self, name: str = "1", members: int = 2, price: int = 2_500, **fields: Any) -> Seen:
        return self.creation.create(a_group_wish(name, members, price, **fields))[0]

    def begun(self, of: Seen, *numbers: int, fee: int = 100, hold: bool = False) -> Payment:
        """A payment that is on its way for these shares, by their place in the group."""
        seen = self.seen(of)
        shares = [seen.shares[number] for number in numbers]
        amount = Money(sum(each.amount for each in shares), seen.group.total.currency)
        deposit = Deposit(DepositKind.GROUP, seen.group.id, tuple(each.id for each in shares))
        name, line = f"{next(self._numbers)} for {seen.group.id}", a_line(quantity=1, unit=amount)
        draft = a_draft(name, amount=amount, items=(line,))
        opened = open_payment(
            replace(draft, seller=seen.group.seller, fee=fee, direct=True, deposit=deposit, hold=hold)
        )
        groups = self.store.groups
        claims = [write for each in shares for write in groups.update_share(each.claimed(draft.id))]
        self.store.unit_of_work.commit(*self.store.payments.create(opened), groups.still_open(seen.group), *claims)
        return opened.payment

    def taken(self, payment: Payment, reference: str = "") -> Recorded:
        """Its money has come."""
        told = captured(reference or f"pi_{payment.id}", payment.amount, self.clock.now())
        return self.recorder.record(payment, told)

    def paid(self, of: Seen, *numbers: int, fee: int = 100) -> Payment:
        return self.taken(self.begun(of, *numbers, fee=fee)).payment

    def held(self, of: Seen, *numbers: int, fee: int = 100) -> Payment:
        """It is set aside for these shares."""
        return self.set_aside(self.begun(of, *numbers, fee=fee, hold=True))

    def set_aside(self, payment: Payment) -> Payment:
        """The bank has agreed."""
        reference = f"pi_{payment.id}"
        self.provider.set_aside(reference, payment.due)
        return self.told(payment, Fact.APPROVED, session=Session(reference, None, UNTIL), about=reference).payment

    def a_page(self, reference: str) -> Session:
        """At the buyer's bank."""
        return Session(reference, "https://bank.example/confirm", self.clock.now() + timedelta(days=1))

    def told(self, payment: Payment, fact: Fact, **more: Any) -> Recorded:
        return self.recorder.record(payment, Report(fact, self.clock.now(), **more))

    def refund(self, payment: Payment, state: RefundState, id_: str = "ref_1", **more: Any) -> Payment:
        """What becomes of a refund of all that is left."""
        return self.told(payment, Fact.REFUND, refund=RefundReport(state, id_, **more)).payment

    def refunded(self, payment: Payment, id_: str = "ref_1") -> Payment:
        return self.refund(self.refund(payment, RefundState.REQUESTED, id_), RefundState.SUCCEEDED, id_)

    def seen(self, of: Seen) -> Seen:
        found = self.store.groups.read(of.group.tenant, of.group.id)
        assert found is not None
        return found

    def group(self, of: Seen) -> Group:
        return self.seen(of).group

    def states(self, of: Seen) -> list[str]:
        return [each.state.value for each in self.seen(of).shares]

    def share(self, of: Seen, number: int) -> Share:
        return self.seen(of).shares[number]


@dataclass
class RememberingWorld(GroupWorld):
    """In memory, where everything that was stored can be looked at."""

    store: InMemory = field(default_factory=InMemory)

    def events(self, *types: str) -> list[Event]:
        found: list[Event] = self.store.store.of(EVENT)
        return [each for each in found if not types or each.type in types]

    def books(self) -> dict[str, int]:
        """What every posting so far comes to, by account. It balances."""
        sums: dict[str, int] = {}
        for posted in self.store.store.of(JOURNAL):
            for posting in posted.entry.postings:
                sums[posting.account] = sums.get(posting.account, 0) + posting.amount
        assert sum(sums.values()) == 0
        return {account: amount for account, amount in sums.items() if amount}

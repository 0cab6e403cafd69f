"""What follows for whoever holds a payment's money. Loaded with the first payment of its kind: most payments are sales,
and whoever records them has to start fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tollgate.adapters.dynamodb.store import Table
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.ports import Journal
from tollgate.payments.deposits import DepositKind
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences


class LateConsequences(Consequences):
    """Those of one kind of holder, which have nothing to say of other payments."""

    def __init__(self, kind: DepositKind, make: Callable[[], Consequences]) -> None:
        self._kind = kind
        self._make = make
        self._made: Consequences | None = None

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        return self._room().of(before, after, now) if self._holds(after) else ()

    def current(self, payment: Payment) -> Payment:
        return self._room().current(payment) if self._holds(payment) else payment

    def _holds(self, payment: Payment) -> bool:
        return payment.deposit is not None and payment.deposit.kind is self._kind

    def _room(self) -> Consequences:
        if self._made is None:
            self._made = self._make()
        return self._made


def for_groups(core: Table, journal: Journal) -> Consequences:
    def make() -> Consequences:
        from tollgate.adapters.dynamodb.groups import DynamoGroups
        from tollgate.group_payments.consequences import GroupConsequences

        return GroupConsequences(DynamoGroups(core), journal)

    return LateConsequences(DepositKind.GROUP, make)


def for_escrows(core: Table, window: timedelta) -> Consequences:
    """`window` is how long a seller has to hand over what is paid."""

    def make() -> Consequences:
        from tollgate.adapters.dynamodb.escrows import DynamoEscrows
        from tollgate.adapters.dynamodb.sold_things import DynamoSoldThings
        from tollgate.escrow.consequences import EscrowConsequences

        return EscrowConsequences(DynamoEscrows(core), DynamoSoldThings(core), window)

    return LateConsequences(DepositKind.ESCROW, make)

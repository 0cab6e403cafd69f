"""Paying shares: a charge like any other, of which a share has one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.checkout.presentation import present_charge
from tollgate.checkout.service import CheckoutDesk
from tollgate.checkout.wishes import CreateCheckout
from tollgate.group_payments.errors import (
    GroupChanged,
    GroupNotFound,
    GroupNotOpen,
    ShareAlreadyPaid,
    ShareBeingPaid,
    ShareChanged,
)
from tollgate.group_payments.model import GROUP_PREFIX, Group
from tollgate.group_payments.ports import GroupRepository, Seen
from tollgate.group_payments.shares import SHARE_PREFIX, Share, ShareState
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, NotFound
from tollgate.kernel.idempotency import Response
from tollgate.kernel.ids import derived, is_id
from tollgate.kernel.money import Money
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.model import LineItem

CONTRIBUTE, COVER = "group.contribute", "group.cover"
ITEM = "group_share"
# Nobody pays these once more; of what is set aside too, their member has done their part.
_DONE = frozenset({ShareState.HELD, ShareState.PAID, ShareState.REFUNDED, ShareState.RELEASED})
# Each loss means that a share or the group moved on.
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Contribute:
    """A wish to pay a share, or with None all that nobody pays yet. `viewer` is what whoever asks may see, and `payer`
    the user who pays, if we know one.
    """

    viewer: Viewer
    group: str
    share: str | None
    key: str
    body: Mapping[str, object]
    request: ChargeRequest
    payer: str | None = None
    method: str = "card"
    provider: str | None = None
    trace: str | None = None

    @property
    def tenant(self) -> str:
        return self.viewer.tenant

    @property
    def payment_id(self) -> str:
        """Of the payment that this request makes."""
        return derived("pay", *self.scope)

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """By group and member: whoever has the link of one has no key of another's."""
        operation = CONTRIBUTE if self.share else COVER
        return (self.tenant, f"{self.group}/{self.share or 'all'}", operation, self.key)


class Contributing:
    """The share is noted as being paid in the transaction that begins the charge, on condition that the group is open:
    of two who pay one share, one is charged.
    """

    def __init__(
        self,
        groups: GroupRepository,
        opening: CheckoutOpening,
        checkouts: CheckoutDesk,
        clock: Clock,
    ) -> None:
        self._groups = groups
        self._opening = opening
        self._checkouts = checkouts
        self._clock = clock

    def pay(self, wish: Contribute) -> Response:
        """Charge the share, or answer what an earlier request with this key was answered.

        Raises `GroupNotFound`, `GroupNotOpen`, `ShareAlreadyPaid`, `ShareBeingPaid`, and what a charge raises.
        """
        for _ in range(_TRIES):
            seen = self._seen(wish)
            over = seen.group.is_over(self._clock.now())
            shares = _mine(seen.shares, wish) or _wanted(seen, wish)
            # What this very request has begun it goes on with, as long as anything is taken for the group.
            if over or not _are_for(wish, shares):
                answered = self._opening.repeat(wish.scope, wish.body, present_charge, wish.trace)
                if answered is not None:
                    return answered
                if over:
                    raise GroupNotOpen(seen.group.state.value if not seen.group.is_open else "expired")
                self._free(shares)
                continue
            try:
                return self._opening.create(self._checkout(wish, seen.group, shares), present_charge)
            except (GroupChanged, ShareChanged):
                continue
        raise ConcurrentChange(f"{wish.group} changes too fast")

    def _seen(self, wish: Contribute) -> Seen:
        if not is_id(GROUP_PREFIX, wish.group) or not (wish.share is None or is_id(SHARE_PREFIX, wish.share)):
            raise GroupNotFound
        seen = (
            self._groups.look(wish.tenant, wish.group, [wish.share])
            if wish.share
            else self._groups.read(wish.tenant, wish.group)
        )
        if seen is None or not wish.viewer.sees(seen.group.organizer) or (wish.share and not seen.shares):
            raise GroupNotFound
        return seen

    def _free(self, shares: Sequence[Share]) -> None:
        """Call off what is on its way for them and waits for its buyer. What was set aside meanwhile stands."""
        if not shares or any(each.state in _DONE for each in shares):
            raise ShareAlreadyPaid
        busy = next(each for each in shares if each.state is ShareState.PAYING)
        try:
            self._checkouts.cancel(Viewer(busy.tenant, None), busy.payment or "", let_go=False)
        except (InvalidTransition, NotFound, ProviderUnavailable) as stands:
            raise ShareBeingPaid from stands

    def _checkout(self, wish: Contribute, group: Group, shares: Sequence[Share]) -> CreateCheckout:
        amount = Money(sum(each.amount for each in shares), group.total.currency)
        ids = tuple(each.id for each in shares)
        tenant, caller, operation, key = wish.scope
        draft = CreateCheckout(
            tenant=tenant,
            owner=wish.payer or ids[0],
            operation=operation,
            key=key,
            body=wish.body,
            basket=(),
            method=wish.method,
            # Taken once nothing of the group is missing, and let go without a fee if something stays so.
            request=replace(wish.request, hold=True),
            provider=wish.provider,
            consumer=group.consumer,
            client_reference=group.id,
            caller=caller,
            trace=wish.trace,
            seller=group.seller,
            lines=(LineItem(ITEM, "Share of a group payment", 1, amount),),
            deposit=Deposit(DepositKind.GROUP, group.id, ids),
        )
        # Of a request that has begun these were made, and are refused with the rest of its first transaction.
        claims = [write for each in shares for write in self._groups.update_share(each.claimed(draft.payment_id))]
        return replace(draft, beside=(self._groups.still_open(group), *claims))


def _mine(shares: Sequence[Share], wish: Contribute) -> tuple[Share, ...]:
    """Those that this very request is on its way for."""
    return tuple(each for each in shares if each.state is ShareState.PAYING and each.payment == wish.payment_id)


def _wanted(seen: Seen, wish: Contribute) -> tuple[Share, ...]:
    if wish.share is not None:
        return seen.shares
    return tuple(each for each in seen.shares if each.state is ShareState.PENDING)


def _are_for(wish: Contribute, shares: Sequence[Share]) -> bool:
    """Whether there are any, and nobody else pays one or has."""
    others = [e for e in shares if e.state is not ShareState.PENDING and e not in _mine(shares, wish)]
    return bool(shares) and not others

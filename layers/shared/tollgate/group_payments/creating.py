"""Making a group: what is bought, who pays how much of it, and by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tollgate.group_payments.errors import GroupExists, GroupNotFound
from tollgate.group_payments.model import GROUP_PREFIX, MOST_MEMBERS, Group, GroupState, Selection
from tollgate.group_payments.ports import GroupRepository, Seen
from tollgate.group_payments.shares import Share, share_id, shares_of
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused, fingerprint
from tollgate.kernel.ids import derived
from tollgate.kernel.money import MAX_AMOUNT, Money
from tollgate.kernel.unit_of_work import UnitOfWork

OPERATION = "group.create"


@dataclass(frozen=True, slots=True)
class Member:
    """Who is asked to pay, for how many of the tickets."""

    email: str
    name: str
    tickets: int


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """A wish to buy together. `body` tells the same wish from another under one key."""

    tenant: str
    organizer: str
    caller: str
    key: str
    body: Mapping[str, object]
    occasion: str
    currency: str
    selections: tuple[Selection, ...]
    members: tuple[Member, ...]
    seller: str | None = None
    consumer: str | None = None
    trace: str | None = None

    @property
    def group_id(self) -> str:
        return derived(GROUP_PREFIX, self.tenant, self.caller, OPERATION, self.key)


class GroupCreation:
    """One transaction, which stores the group with all of its shares. `open_for` is how long these can be paid."""

    def __init__(self, groups: GroupRepository, unit_of_work: UnitOfWork, clock: Clock, open_for: timedelta) -> None:
        self._groups = groups
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._open_for = open_for

    def create(self, wish: CreateGroup) -> tuple[Seen, bool]:
        """The group as it is now, and whether it was made before. Raises `ValidationFailed`, `IdempotencyKeyReused`."""
        total = checked(wish)
        now = self._clock.now()
        group = Group(
            id=wish.group_id,
            tenant=wish.tenant,
            organizer=wish.organizer,
            occasion=wish.occasion,
            total=total,
            selections=wish.selections,
            members=len(wish.members),
            state=GroupState.COLLECTING,
            created_at=now,
            expires_at=now + self._open_for,
            seller=wish.seller,
            consumer=wish.consumer,
            fingerprint=fingerprint(wish.body),
        )
        shares = [each.requested(now, wish.trace) for each in _shares(group, wish.members)]
        try:
            self._unit_of_work.commit(*self._groups.create(group.created(wish.trace), shares))
        except GroupExists as existing:
            return self._again(existing.group, group.fingerprint), True
        return Seen(group, tuple(each.share for each in shares)), False

    def _again(self, existing: Group, asked: str) -> Seen:
        if existing.fingerprint != asked:
            raise IdempotencyKeyReused
        seen = self._groups.read(existing.tenant, existing.id)
        if seen is None:
            raise GroupNotFound
        return seen


def checked(wish: CreateGroup) -> Money:
    """What all pay together. Raises `ValidationFailed` for what does not add up."""
    tickets, errors = sum(each.quantity for each in wish.selections), []
    asked = sum(each.tickets for each in wish.members)
    total = sum(each.quantity * each.price for each in wish.selections)
    if not 1 <= len(wish.members) <= MOST_MEMBERS:
        errors.append(FieldError("members", f"1 to {MOST_MEMBERS} members"))
    if asked != tickets:
        errors.append(FieldError("members", f"they take {asked} tickets, and {tickets} are selected"))
    seen: set[str] = set()
    for number, member in enumerate(wish.members):
        if member.email.lower() in seen:
            errors.append(FieldError(f"members.{number}.email", "is another member's, too"))
        seen.add(member.email.lower())
    if total > MAX_AMOUNT:
        errors.append(FieldError("ticketSelections", "more than any payment can be"))
    elif not errors and min(shares_of(Money(total, wish.currency), [each.tickets for each in wish.members])) < 1:
        errors.append(FieldError("ticketSelections", "a member would have nothing to pay"))
    if errors:
        raise ValidationFailed(errors)
    return Money(total, wish.currency)


def _shares(group: Group, members: Sequence[Member]) -> list[Share]:
    amounts = shares_of(group.total, [each.tickets for each in members])
    return [
        Share(
            id=share_id(group.id, number),
            tenant=group.tenant,
            group=group.id,
            number=number,
            amount=amount,
            currency=group.total.currency,
            tickets=member.tickets,
            email=member.email,
            name=member.name,
        )
        for number, (member, amount) in enumerate(zip(members, amounts, strict=True), start=1)
    ]

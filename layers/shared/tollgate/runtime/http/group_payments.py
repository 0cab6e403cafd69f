"""Group payments: who asks, and what. Members need no account: the link of their share proves who they are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.group_payments.contributing import Contribute
from tollgate.group_payments.creating import CreateGroup, Member
from tollgate.group_payments.errors import GroupNotFound
from tollgate.group_payments.links import Bearer, PaymentLinks
from tollgate.group_payments.model import MOST_MEMBERS, Selection
from tollgate.kernel.access import Viewer
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, Forbidden, ValidationFailed
from tollgate.kernel.idempotency import parse_key
from tollgate.kernel.money import MAX_AMOUNT
from tollgate.runtime.http.commands import caller_of, one_key, owner_of, without_key
from tollgate.runtime.http.principal import AuthRequired, Person, Principal, Role, Service
from tollgate.runtime.http.queries import page_limit
from tollgate.runtime.http.schemas import (
    MAX_ITEMS,
    MAX_QUANTITY,
    PRINTABLE,
    Body,
    Code,
    CurrencyCode,
    Mailbox,
    Seller,
    Source,
    Url,
)
from tollgate.runtime.http.sources import require_own_source

# What a member sends instead of credentials, or beside them.
LINK_TOKEN = "x-payment-link-token"  # noqa: S105 - a header's name
_LONGEST_USER = 128
_User = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_USER)]


class TicketSelection(Body):
    """So many tickets of a type. `price` is for each, in minor units."""

    ticket_type_id: Code
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
    price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)]


class GroupMember(Body):
    """Who is asked to pay, for how many of the tickets. Nobody else is told the address."""

    email: Mailbox
    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE)]
    ticket_count: Annotated[int, Field(ge=1, le=MAX_ITEMS * MAX_QUANTITY)]


class CreateGroupBody(Body):
    """`POST /api/v1/group-payments/create`. All tickets are some member's. A service says for whom it asks."""

    event_id: Code
    ticket_selections: Annotated[list[TicketSelection], Field(min_length=1, max_length=MAX_ITEMS)]
    members: Annotated[list[GroupMember], Field(min_length=1, max_length=MOST_MEMBERS)]
    currency: CurrencyCode = "USD"
    venue_id: Seller | None = None
    user_id: _User | None = None
    idempotency_key: str | None = None


class ContributeBody(Body):
    """What pays: a Stripe payment method, or a method by provider, of which one is charged. Where the bank wants the
    buyer to confirm, they come back to `returnUrl`.
    """

    payment_method_id: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")] | None = None
    sources: Annotated[dict[Code, Source], Field(min_length=1, max_length=8)] | None = None
    method: Code = "card"
    provider: Code | None = None
    return_url: Url | None = None
    user_id: _User | None = None
    idempotency_key: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.payment_method_id is None) == (self.sources is None):
            raise ValueError("give either paymentMethodId or sources")
        return self

    def charged(self) -> dict[str, str]:
        return {"stripe": self.payment_method_id} if self.payment_method_id else dict(self.sources or {})


@dataclass(frozen=True, slots=True)
class GroupAsker:
    """Who asks about a group: somebody with credentials, somebody with a link, or both. `viewer` is what the
    credentials let them see.
    """

    principal: Principal | None
    viewer: Viewer | None
    bearer: Bearer | None

    @property
    def tenant_wide(self) -> Viewer:
        """As whoever has a link may look: within its tenant, at its group. Raises `GroupNotFound` without one."""
        if self.bearer is None:
            raise GroupNotFound
        return Viewer(self.bearer.tenant, None)

    def payer(self, named: str | None) -> str | None:
        """The user who pays, where we know one. Raises `AuthRequired`, `Forbidden`."""
        if self.principal is None:
            if named is not None:
                raise AuthRequired("sign in to pay for a user")
            return None
        if isinstance(self.principal, Service):
            return named
        return owner_of(self.principal, named)


@dataclass(frozen=True, slots=True)
class GroupsWanted:
    """A page of whose groups."""

    viewer: Viewer
    limit: int
    cursor: str | None


def group_asker(
    principal: Principal | None, asked_tenant: str | None, token: str | None, group: str, links: PaymentLinks
) -> GroupAsker:
    """Raises `AuthRequired` for who shows neither credentials nor a link, and `LinkInvalid`."""
    if principal is None and token is None:
        raise AuthRequired(f"sign in, or send the token of a payment link in {LINK_TOKEN}")
    bearer = links.bearer(token, group) if token is not None else None
    viewer = principal.viewer(asked_tenant) if principal else None
    if viewer is not None and bearer is not None and viewer.tenant != bearer.tenant:
        raise Forbidden("this payment link is for another tenant")
    return GroupAsker(principal, viewer, bearer)


def create_group_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: CreateGroupBody,
    header_key: str | None,
    trace: str | None,
) -> CreateGroup:
    """Without a key, one is made, and returned with the answer. Raises `ValidationFailed`."""
    if body.currency not in MINOR_DIGITS:
        raise ValidationFailed([FieldError("currency", "an ISO 4217 code in capitals, such as USD")])
    return CreateGroup(
        tenant=viewer.tenant,
        organizer=owner_of(principal, body.user_id),
        caller=caller_of(principal),
        key=parse_key(one_key(header_key, body.idempotency_key) or str(uuid.uuid4())),
        body=without_key(raw),
        occasion=body.event_id,
        currency=body.currency,
        selections=tuple(Selection(each.ticket_type_id, each.quantity, each.price) for each in body.ticket_selections),
        members=tuple(Member(each.email, each.name, each.ticket_count) for each in body.members),
        seller=body.venue_id,
        consumer=principal.name if isinstance(principal, Service) else None,
        trace=trace,
    )


def contribute_command(
    who: GroupAsker,
    group: str,
    member: str | None,
    raw: dict[str, Any],
    body: ContributeBody,
    header_key: str | None,
    trace: str | None,
) -> Contribute:
    """The share of one member, or with None all that nobody pays. Whoever has only a link pays the share that it is
    for. The key is required, in the header or the body. Raises `GroupNotFound`, `SavedMethodForbidden`.
    """
    require_own_source(who.principal, body.charged())
    theirs = who.bearer is not None and who.bearer.share == member
    viewer = who.tenant_wide if theirs or who.viewer is None else who.viewer
    if not theirs and who.viewer is None:
        raise GroupNotFound
    return Contribute(
        viewer=viewer,
        group=group,
        share=member,
        key=parse_key(one_key(header_key, body.idempotency_key)),
        body=without_key(raw),
        request=ChargeRequest(body.charged(), body.return_url),
        payer=who.payer(body.user_id),
        method=body.method,
        provider=body.provider,
        trace=trace,
    )


def groups_wanted(principal: Principal, asked_tenant: str | None, parameters: Mapping[str, str]) -> GroupsWanted:
    """`GET /api/v1/group-payments`: people see those that they organize, admins and services those of the user they
    name.
    """
    errors = [FieldError(each, "unknown parameter") for each in sorted(set(parameters) - {"limit", "cursor", "userId"})]
    limit, named = page_limit(parameters.get("limit"), errors), parameters.get("userId")
    tenant = principal.viewer(asked_tenant).tenant
    if named is not None and not 1 <= len(named) <= _LONGEST_USER:
        errors.append(FieldError("userId", f"1 to {_LONGEST_USER} characters"))
    if isinstance(principal, Person) and principal.role is not Role.ADMIN and named not in (None, principal.id):
        raise Forbidden("userId is not you")
    user = named or (principal.id if isinstance(principal, Person) else None)
    if user is None:
        errors.append(FieldError("userId", "say whose groups to list"))
    if errors:
        raise ValidationFailed(errors)
    return GroupsWanted(Viewer(tenant, user), limit, parameters.get("cursor"))

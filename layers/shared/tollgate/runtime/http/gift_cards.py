"""Gift cards: who asks, and what. A code is a secret: it comes in a path or a body, and nothing here repeats it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tollgate.checkout.ports import CheckoutRequest
from tollgate.gift_cards.looking import Asker
from tollgate.gift_cards.purchasing import BuyGiftCard
from tollgate.gift_cards.spending import RedeemGiftCard, UseGiftCard
from tollgate.kernel.access import Viewer
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, Forbidden, ValidationFailed
from tollgate.kernel.idempotency import parse_key
from tollgate.kernel.money import MAX_AMOUNT
from tollgate.runtime.http.commands import caller_of, one_key, owner_of, without_key
from tollgate.runtime.http.principal import TENANT_PATTERN, AuthRequired, Person, Principal, Role, Service
from tollgate.runtime.http.queries import page_limit
from tollgate.runtime.http.schemas import PRINTABLE, Body, Code, CurrencyCode, Email, Mailbox, Reference, Url

# Below this, addresses hold codes.
SECRETS_BELOW = "/gift-cards/"
DEFAULT_CURRENCY = "USD"
ANYBODY = "anybody"
_LONGEST_USER = 128
User = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_USER)]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class RedeemBody(Body):
    """`POST /gift-cards/redeem`. A service says whose credit the card becomes."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    user_id: User | None = None
    idempotency_key: str | None = None


class UseBody(Body):
    """`POST /gift-cards/{code}/use`: so many minor units of it. `currency` is checked where it is given. A service may
    say who is paying.
    """

    amount: Amount
    currency: CurrencyCode | None = None
    reference: Reference | None = None
    user_id: User | None = None
    idempotency_key: str | None = None


class PurchaseBody(Body):
    """`POST /gift-cards/purchase`. The code goes to the recipient's address, the receipt to `customerEmail`."""

    amount: Amount
    currency: CurrencyCode = DEFAULT_CURRENCY
    recipient_email: Mailbox
    gift_message: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=PRINTABLE)] | None = None
    sender_name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE)] | None = None
    success_url: Url
    cancel_url: Url
    customer_email: Email | None = None
    method: Code = "card"
    provider: Code | None = None
    user_id: User | None = None
    idempotency_key: str | None = None


class StopBody(Body):
    """`POST /admin/gift-cards/{id}/freeze` and `/unfreeze`. The reason is for the books."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


@dataclass(frozen=True, slots=True)
class CreditWanted:
    """Whose credit, in which currency."""

    tenant: str
    user: str
    currency: str


@dataclass(frozen=True, slots=True)
class HistoryWanted:
    """A page, and for whom a service asks."""

    limit: int
    cursor: str | None
    user: str | None


def asker(
    principal: Principal | None, asked_tenant: str | None, source_ip: str | None, named_user: str | None = None
) -> Asker:
    """Who looks for a card by its code. A person asks for themselves, a service for the user it names, if any. Who says
    nothing of themselves names the tenant in `x-tenant-id`; raises `AuthRequired` where they do not.
    """
    if principal is None:
        if not asked_tenant or not TENANT_PATTERN.fullmatch(asked_tenant):
            raise AuthRequired("sign in, or say in x-tenant-id whose gift card it is")
        if named_user is not None:
            raise AuthRequired("sign in to ask for a user")
        return Asker(asked_tenant, None, ANYBODY, source_ip)
    tenant = principal.viewer(asked_tenant).tenant
    if isinstance(principal, Person):
        return Asker(tenant, _themselves(principal, named_user), principal.id, source_ip)
    # Its address is that of a backend, through which everybody comes.
    return Asker(tenant, named_user, caller_of(principal), None)


def purchase_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: PurchaseBody,
    header_key: str | None,
    trace: str | None,
) -> BuyGiftCard:
    """What `POST /gift-cards/purchase` asks for. The key is required, in the header or the body."""
    return BuyGiftCard(
        tenant=viewer.tenant,
        owner=owner_of(principal, body.user_id),
        key=parse_key(one_key(header_key, body.idempotency_key)),
        body=without_key(raw),
        amount=body.amount,
        currency=body.currency,
        recipient_email=body.recipient_email,
        request=CheckoutRequest(body.success_url, body.cancel_url, body.customer_email),
        method=body.method,
        message=body.gift_message,
        sender_name=body.sender_name,
        provider=body.provider,
        consumer=principal.name if isinstance(principal, Service) else None,
        trace=trace,
    )


def redeem_command(
    who: Asker, raw: dict[str, Any], body: RedeemBody, header_key: str | None, trace: str | None
) -> RedeemGiftCard:
    """What `POST /gift-cards/redeem` asks for. The key is required, in the header or the body."""
    if who.user is None:
        raise ValidationFailed([FieldError("userId", "say whose credit it becomes")])
    key = parse_key(one_key(header_key, body.idempotency_key))
    return RedeemGiftCard(who, body.code, key, without_key(raw), trace)


def use_command(
    who: Asker, code: str, raw: dict[str, Any], body: UseBody, header_key: str | None, trace: str | None
) -> UseGiftCard:
    """What `POST /gift-cards/{code}/use` asks for. The key is required, in the header or the body."""
    key = parse_key(one_key(header_key, body.idempotency_key))
    return UseGiftCard(who, code, key, without_key(raw), body.amount, body.currency, body.reference, trace)


def credit_wanted(principal: Principal, asked_tenant: str | None, parameters: Mapping[str, str]) -> CreditWanted:
    """`GET /credit`: people see their own, admins and services that of the user they name."""
    errors = _unknown(parameters, {"currency", "userId"})
    named, currency = _user(parameters, errors), parameters.get("currency", DEFAULT_CURRENCY)
    if currency not in MINOR_DIGITS:
        errors.append(FieldError("currency", "an ISO 4217 code in capitals, such as USD"))
    tenant = principal.viewer(asked_tenant).tenant
    others = not isinstance(principal, Person) or principal.role is Role.ADMIN
    user = named if others and named else _themselves(principal, named)
    if user is None:
        errors.append(FieldError("userId", "say whose credit to show"))
    if errors or user is None:
        raise ValidationFailed(errors)
    return CreditWanted(tenant, user, currency)


def named_user(parameters: Mapping[str, str]) -> str | None:
    """`userId`, for whom a service looks at a card; nothing else."""
    errors = _unknown(parameters, {"userId"})
    user = _user(parameters, errors)
    if errors:
        raise ValidationFailed(errors)
    return user


def page_wanted(parameters: Mapping[str, str], *, also: Collection[str] = ()) -> HistoryWanted:
    """`limit` and `cursor` of a history, and `userId` where that is asked for."""
    errors = _unknown(parameters, {"limit", "cursor", *also})
    limit, user = page_limit(parameters.get("limit"), errors), _user(parameters, errors)
    if errors:
        raise ValidationFailed(errors)
    return HistoryWanted(limit, parameters.get("cursor"), user)


def _themselves(principal: Principal, named: str | None) -> str | None:
    """The person who asks; a service is nobody."""
    if not isinstance(principal, Person):
        return None
    if named not in (None, principal.id):
        raise Forbidden("userId is not you")
    return principal.id


def _user(parameters: Mapping[str, str], errors: list[FieldError]) -> str | None:
    user = parameters.get("userId")
    if user is not None and not 1 <= len(user) <= _LONGEST_USER:
        errors.append(FieldError("userId", f"1 to {_LONGEST_USER} characters"))
    return user


def _unknown(parameters: Mapping[str, str], known: Collection[str]) -> list[FieldError]:
    return [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - set(known))]

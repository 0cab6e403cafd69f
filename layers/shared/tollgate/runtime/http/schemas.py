"""What callers may send. Names are camelCase or snake_case; unknown ones are refused, so that no typing error goes
unnoticed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from tollgate.checkout.quote import BasketItem
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.runtime.card_numbers import holds_card_number

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Url = Annotated[str, StringConstraints(min_length=8, max_length=500)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]
# To which mails are sent: SES takes no other characters before the @.
Mailbox = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\s]{1,190}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Seller = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# Neither control characters nor what else ends a line: both would show up in a mail as something that nobody wrote.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
MAX_ITEMS, MAX_QUANTITY, MAX_TENDERS = 20, 100, 5


class Body(BaseModel):
    """Strict: a number in quotes is no number."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True, defer_build=True
    )


class Item(Body):
    """A line of a basket."""

    code: Code
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] = 1


class TenderBody(Body):
    """A way to pay beside the provider: a gift card by its code, or the buyer's credit; `amount` minor units of it, or
    as much as there is and is needed.
    """

    type: Literal["gift_card", "credit"]
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    amount: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _code_of_a_card(self) -> TenderBody:
        if (self.type == "gift_card") != (self.code is not None):
            raise ValueError("a gift card has a code, and nothing else has one")
        return self


def _is_no_card(source: str) -> str:
    only_digits = sum(each.isdigit() for each in source) >= 12 and not any(each.isalpha() for each in source)
    if only_digits or holds_card_number(source):
        raise ValueError("must be a token or a saved method of the provider, never a card number")
    return source


# `pm_…`, `cnon:…`, or `<customer>/<method>` where a saved method belongs to a customer.
Source = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_:/.-]{0,254}$"), AfterValidator(_is_no_card)]


class BasketBody(Body):
    """What is bought: `items`, or one `productId`. `amount` (minor units) and `currency` are checked, never trusted."""

    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    product_id: Code | None = None
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    method: Code = "card"
    provider: Code | None = None
    amount: Annotated[int, Field(ge=1)] | None = None
    currency: CurrencyCode | None = None
    customer_email: Email | None = None
    reference: Reference | None = None
    venue_id: Seller | None = None
    tenders: Annotated[list[TenderBody], Field(min_length=1, max_length=MAX_TENDERS)] | None = None
    idempotency_key: str | None = None

    @model_validator(mode="after")
    def _one_basket(self) -> Self:
        if (self.items is None) == (self.product_id is None):
            raise ValueError("give either items or productId")
        return self

    def basket(self) -> tuple[BasketItem, ...]:
        if self.product_id is not None:
            return (BasketItem(self.product_id, 1),)
        return tuple(BasketItem(item.code, item.quantity) for item in self.items or [])


class CheckoutBody(BasketBody):
    """`POST /payments/checkout`: the page leads back to these addresses."""

    success_url: Url
    cancel_url: Url


class ChargeBody(BasketBody):
    """`POST /payments/charges`: a method by provider, of which one is charged. Where the bank wants the buyer to
    confirm, and they are there, they come back to `returnUrl`.
    """

    sources: Annotated[dict[Code, Source], Field(min_length=1, max_length=8)]
    return_url: Url | None = None
    off_session: bool = False


class CheckoutSessionBody(Body):
    """`POST /internal/payments/checkout-sessions`, from a product's backend for one of its tenants."""

    provider_key: Code | None = None
    pricing_item_code: Code
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] = 1
    consumer_key: Code
    consumer_tenant_id: Code
    tenant_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    legal_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    billing_email: Email | None = None
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    success_url: Url
    cancel_url: Url
    reference: Reference | None = None
    method: Code = "card"
    idempotency_key: str | None = None


class RetryBody(Body):
    """`POST /admin/retry-payment/{id}`. The addresses may stay away while the payment still has a page."""

    success_url: Url | None = None
    cancel_url: Url | None = None
    provider: Code | None = None


class RefundBody(Body):
    """A refund of `amount` minor units, or of all that remains. The reason is for the books, not for the buyer."""

    amount: Annotated[int, Field(ge=1)] | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


def parse[B: Body](model: type[B], body: dict[str, Any]) -> B:
    """The body as the model has it; `ValidationFailed` names every field that is wrong, and never repeats its value."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(
            [FieldError(".".join(map(str, e["loc"])) or "body", _message(e["msg"])) for e in found]
        ) from None


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")

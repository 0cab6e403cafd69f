"""Gift cards: bought, spent at a till, redeemed for credit, stopped by an admin; and what buyers pay with beside the
provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from tests.simulation.capabilities import gift_card_promises as promises
from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import BUYERS, PRICES, PROVIDERS, SELLERS, TENANTS, TERMS, code_of
from tests.simulation.world import Choices, Request, World
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.ports import CheckoutRequest
from tollgate.checkout.presentation import PRESENTERS
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.tendering import TenderWish
from tollgate.checkout.wishes import CreateCheckout
from tollgate.gift_cards.codes import SECRET, parse
from tollgate.gift_cards.looking import Asker
from tollgate.gift_cards.model import CardState, GiftCard
from tollgate.gift_cards.purchasing import BuyGiftCard
from tollgate.gift_cards.spending import RedeemGiftCard, UseGiftCard
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.idempotency import Response

_PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
# What tenders leave is paid on a page, or charged at once.
_REQUESTS: dict[str, CheckoutRequest | ChargeRequest] = {
    "checkout": _PAGES,
    "charge": ChargeRequest(dict.fromkeys(PROVIDERS, "pm_ok")),
}
_WAYS = ("checkout", "checkout", "charge")
_ADDRESS = "203.0.113.7"
_FACES = (*((each, "USD") for each in TERMS.amounts["USD"].listed), (20_000, "JPY"), (77, "EUR"))
_MOST_KEYS = 3

# What a buyer names, in this order, and which fourths of what is there; None for as much as is needed.
type Named = tuple[str, int | None]
USUAL: Sequence[Sequence[Named]] = (
    [("card", None)],
    [("card", None), ("credit", None)],
    [("card", 2)],
    [("card", None), ("other", None)],
)
_FORMS: Sequence[Sequence[Named]] = (
    *USUAL,
    [("credit", None), ("card", None)],
    [("credit", None)],
    [("card", 1), ("other", 2), ("credit", 3)],
    [("card", 4)],
    [("card", 1), ("card", 1)],
    [("card", 5)],
    [("card", 1), ("wrong", None)],
    [("nobody's", None)],
)


def buy_a_card(world: World, choices: Choices) -> Request:
    """Asked for the first time."""
    amount, currency = choices.of(_FACES)
    wish = BuyGiftCard(
        tenant=choices.of(TENANTS),
        owner=choices.of(BUYERS),
        key=world.key(),
        body={"amount": amount, "currency": currency},
        amount=amount,
        currency=currency,
        recipient_email="friend@example.com",
        request=_PAGES,
        method="card",
        message="Many happy returns",
    )
    return world.ask("gift_card", lambda: world.rooms.gift_card_purchase.buy(wish))


def open_with_tenders(world: World, choices: Choices, forms: Sequence[Sequence[Named]] = _FORMS) -> Request | None:
    """A checkout that is paid with cards and credit first; mostly of something that the card is good for."""
    card = _a_card(world, choices)
    if card is None:
        return None
    form = choices.of(forms)
    owner, seller, way = choices.of(list(product(BUYERS, (*SELLERS, None), _WAYS)))
    priced = [number for number, price in enumerate(PRICES) if price.currency == card.currency]
    basket = (BasketItem(code_of(choices.of(priced or [0])), 1),)
    key, named = world.key(), [(what, _written(world, card, what), _part_of(card, part)) for what, part in form]

    def call() -> Response:
        # As the function does: no code is stored, and its card's id by the oldest key stays the same.
        wishes = [_wish(world, card.tenant, number, *each) for number, each in enumerate(named)]
        stored = [[each.cards[-1] if each.cards else None, each.amount] for each in wishes]
        wish = CreateCheckout(
            tenant=card.tenant,
            owner=owner,
            operation=f"{way}.create",
            key=key,
            body={"items": [[basket[0].code, 1]], "tenders": stored},
            basket=basket,
            method="card",
            request=_REQUESTS[way],
            seller=seller,
            tenders=tuple(wishes),
            doors=tuple(_asker(card.tenant, owner).doors),
        )
        return world.rooms.opening.create(wish, PRESENTERS[wish.operation])

    return world.ask(way, call)


def _wish(world: World, tenant: str, number: int, what: str, code: str, amount: int | None) -> TenderWish:
    cards = () if what == "credit" else world.rooms.codes.ids(tenant, parse(code))
    return TenderWish(f"tenders.{number}", cards, amount)


def _part_of(card: GiftCard, fourths: int | None) -> int | None:
    return None if fourths is None else max(1, max(card.available, 0) * fourths // 4)


def _use(world: World, choices: Choices) -> None:
    card = _a_card(world, choices)
    if card is None:
        return
    user, key = choices.of((*BUYERS, None)), world.key()
    amount = max(1, choices.of((card.available // 2, 1, card.available, card.available + 1, card.amount // 3)))
    code = _written(world, card, choices.of(_SPELLINGS))
    wish = UseGiftCard(
        _asker(card.tenant, user), code, key, {"amount": amount, "code": code}, amount, card.currency, reference=key
    )
    world.ask("use", lambda: world.rooms.gift_card_spending.use(wish))


def _redeem(world: World, choices: Choices) -> None:
    card = _a_card(world, choices)
    if card is None:
        return
    asker, code = _asker(card.tenant, choices.of(BUYERS)), _written(world, card, choices.of(_SPELLINGS))
    wish = RedeemGiftCard(asker, code, world.key(), {"code": code})
    world.ask("redeem", lambda: world.rooms.gift_card_spending.redeem(wish))


def _guess(world: World, choices: Choices) -> None:
    """Somebody who has not said who they are looks for a card."""
    card = _a_card(world, choices)
    if card is None:
        return
    code = _written(world, card, choices.of(("nobody's", "card", "wrong")))
    try:
        world.rooms.gift_card_desk.by_code(_asker(card.tenant, None), code)
    except TollgateError:
        return  # they are told


def _stop(world: World, choices: Choices) -> None:
    """An admin stops a card, or lets it go."""
    card = _a_card(world, choices)
    if card is None:
        return
    desk = world.rooms.gift_card_desk
    try:
        (desk.unfreeze if card.frozen else desk.freeze)(card.tenant, card.id, "boss", "asked for")
    except RetryableError:
        return  # the admin is told


def _new_key(world: World, _: Choices) -> None:
    """Codes are made with another key from now on; those that are out stay good."""
    keys = world.rooms.secrets.values[SECRET]["keys"]
    if len(keys) < _MOST_KEYS:
        world.rooms.secrets.values[SECRET] = {"keys": [f"key number {len(keys)}", *keys]}


# Of those who type a code.
_SPELLINGS = ("card", "card", "small", "card", "card", "wrong", "card", "nobody's")


def _written(world: World, card: GiftCard, how: str) -> str:
    """The code, as somebody writes it who has it, or only thinks so."""
    codes = world.rooms.codes
    if how == "nobody's":
        return codes.new(card.tenant, f"not {card.payment_id}", 1).code
    if how == "other":
        others = [each for each in _cards(world) if each.tenant == card.tenant and each.id != card.id]
        alike = [each for each in others if each.currency == card.currency and each.available > 0] or others
        card = alike[-1] if alike else card
    made = codes.again(card.tenant, card.payment_id, card.code_version, card.code_key, card.id)
    assert made is not None, "its key is gone"
    if how == "wrong":
        return ("A" if made.code[0] != "A" else "B") + made.code[1:]
    return made.code.lower().replace("-", " ") if how == "small" else made.code


def _asker(tenant: str, user: str | None) -> Asker:
    return Asker(tenant, user, user or "till", _ADDRESS)


def _a_card(world: World, choices: Choices) -> GiftCard | None:
    """One that can be spent, if there is any."""
    wanted = spendable(world) or _cards(world)
    return choices.of(wanted) if wanted else None


def spendable(world: World) -> list[GiftCard]:
    """Unless somebody has stopped them, or their time is over and nobody has noted it."""
    return [each for each in _cards(world) if each.state is CardState.ACTIVE and each.available > 0]


def _cards(world: World) -> list[GiftCard]:
    return world.rooms.stored.store.of("gift_card")


GIFT_CARDS = Capability(
    "gift_cards",
    actions=(
        Action("buy_card", 3, buy_a_card),
        Action("open_with_tenders", 10, open_with_tenders),
        Action("use_card", 9, _use),
        Action("redeem_card", 4, _redeem),
        Action("guess", 1, _guess),
        Action("stop_card", 2, _stop),
        Action("new_key", 1, _new_key, outside=True),
    ),
    invariants=(
        promises.what_is_on_cards_is_what_is_owed,
        promises.credit_is_what_is_owed,
        promises.credit_is_what_came_and_went,
        promises.every_card_adds_up,
        promises.what_is_held_is_an_open_tender,
        promises.tenders_follow_their_payment,
        promises.what_went_back_came_to_the_card,
        promises.no_tender_gets_back_more_than_it_paid,
        promises.a_card_lives_and_dies_with_its_purchase,
        promises.a_card_is_overdrawn_only_by_others,
        promises.each_redemption_gives_credit_and_votes_once,
        promises.each_use_is_made_once,
        promises.nothing_is_under_review_that_took_no_money,
        promises.a_code_stands_nowhere,
    ),
)

"""Which provider takes a payment and why, and what is said when none does."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, usd
from tests.support.memory.routing import MemoryRules
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tests.support.scripted_circuits import ScriptedCircuits, an_open_one
from tests.support.without_tenders import AllClosed, plain_router
from tollgate.fees.providers import PRICE_LISTS, PriceList, Risk, Schedule
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.routing.choice import LeftOut, Reason, Route, Sale
from tollgate.routing.circuit import Cause
from tollgate.routing.ports import Circuits
from tollgate.routing.router import Offer, PaymentMethod, Router
from tollgate.routing.rules import RoutingRules, StoredRules

CARDS = frozenset({"card"})
STRIPE = Offer("stripe", CARDS)
SQUARE = Offer("square", CARDS | {"cash_app"}, currencies=frozenset({"USD"}))
SEGPAY = Offer("segpay", CARDS, high_risk=True, recurring=True)
MOCK = Offer("mock", CARDS, high_risk=True)
# Nobody has said what it keeps.
UNLISTED = Offer("unlisted", CARDS)
OFF = Offer("paypal", frozenset({"paypal"}), enabled=False)
ALL = (STRIPE, SEGPAY, MOCK, UNLISTED)


def choose(router: Router, price: Money | None = None, **sale: object) -> Route:
    due = price or usd(10_000)
    wanted = Sale(**({"tenant": "demo", "method": "card", "currency": due.currency} | sale))  # type: ignore[arg-type]
    return router.choose(wanted, due, router.eligible(wanted))


def ruled(offers: Sequence[Offer], circuits: Circuits | None = None, **rules: RoutingRules) -> Router:
    """By tenant; `shared` for everybody."""
    store = MemoryStore()
    book = MemoryRules(store)
    for tenant, each in rules.items():
        MemoryUnitOfWork(store).commit(book.put("*" if tenant == "shared" else tenant, StoredRules(each, "boss", NOW)))
    return Router(offers, "stripe", book, circuits or AllClosed())


def _refused(router: Router, method: str, currency: str, wanted: str | None = None, risk: Risk = Risk.LOW) -> str:
    with pytest.raises(ValidationFailed) as caught:
        router.eligible(Sale("demo", method, currency, risk, wanted=wanted))
    (error,) = caught.value.errors
    assert isinstance(error, FieldError)
    return error.field


# --- who takes such a sale ---


def test_others_keep_their_order_behind_the_default() -> None:
    names = [offer.provider for offer in plain_router(OFF, SQUARE, STRIPE).providers()]
    assert names == ["stripe", "paypal", "square"]


def test_what_the_default_does_not_take_goes_to_the_next() -> None:
    assert choose(plain_router(SQUARE, STRIPE, default="square"), Money(10_000, "EUR")).provider == "stripe"
    assert choose(plain_router(STRIPE, SQUARE), method="cash_app") == Route("square", Reason.ONLY)


def test_a_default_that_is_switched_off_is_passed_over() -> None:
    assert choose(plain_router(Offer("stripe", CARDS, enabled=False), SQUARE)) == Route("square", Reason.ONLY)


def test_a_wanted_provider_is_taken_or_the_payment_is_refused() -> None:
    router = plain_router(STRIPE, SQUARE, OFF)
    assert choose(router, wanted="square") == Route("square", Reason.REQUESTED)
    assert _refused(router, "card", "EUR", "square") == "currency"
    assert _refused(router, "cash_app", "USD", "stripe") == "method"
    assert _refused(router, "paypal", "USD", "paypal") == "provider"
    assert _refused(router, "card", "USD", "nobody") == "provider"


def test_the_field_that_leaves_no_provider_is_named() -> None:
    router = plain_router(SQUARE, OFF, default="square")
    assert _refused(router, "card", "EUR") == "currency"
    assert _refused(router, "sepa", "USD") == "method"
    assert _refused(router, "paypal", "USD") == "method"
    assert _refused(router, "card", "USD", risk=Risk.HIGH) == "items"
    assert _refused(plain_router(OFF), "paypal", "USD") == "provider"
    assert _refused(plain_router(), "card", "USD") == "provider"


def test_a_high_risk_sale_goes_to_those_that_take_it_however_cheap_others_are() -> None:
    router = plain_router(STRIPE, SEGPAY)
    assert choose(router) == Route("stripe", Reason.CHEAPEST)
    assert choose(router, risk=Risk.HIGH) == Route("segpay", Reason.ONLY)
    assert choose(router, risk=Risk.HIGH, recurring=True) == Route("segpay", Reason.ONLY)


def test_what_is_charged_again_and_again_goes_to_those_that_can() -> None:
    assert choose(plain_router(STRIPE, SEGPAY), recurring=True) == Route("segpay", Reason.ONLY)
    with pytest.raises(ValidationFailed, match="Validation failed"):
        choose(plain_router(STRIPE), recurring=True)


def test_buyers_see_only_methods_that_can_be_paid_with() -> None:
    assert plain_router(SQUARE, STRIPE, OFF).methods("demo") == (
        PaymentMethod("card", ("stripe", "square")),
        PaymentMethod("cash_app", ("square",)),
    )
    killed = ruled([SQUARE, STRIPE], demo=RoutingRules(frozenset({"square"})))
    assert killed.methods("demo") == (PaymentMethod("card", ("stripe",)),)
    assert len(killed.methods("other")) == 2


# --- who of them is best ---


def test_the_cheapest_for_that_amount_takes_it() -> None:
    """Segpay keeps nothing fixed, and more of a larger sale."""
    router = plain_router(STRIPE, SEGPAY)
    assert choose(router, usd(200)) == Route("segpay", Reason.CHEAPEST)
    assert choose(router, usd(10_000)) == Route("stripe", Reason.CHEAPEST)


def test_of_two_that_cost_the_same_the_default_is_taken() -> None:
    same = {"a": PriceList(Risk.LOW, {Risk.LOW: Schedule(290)}), "b": PriceList(Risk.LOW, {Risk.LOW: Schedule(290)})}
    offers = (Offer("a", CARDS), Offer("b", CARDS))
    with patch.dict(PRICE_LISTS, same):
        for default in ("a", "b"):
            assert choose(plain_router(*offers, default=default)) == Route(default, Reason.DEFAULT)


@given(price=st.integers(1, 10**9), risk=st.sampled_from(Risk))
def test_who_has_no_price_list_is_never_the_cheapest(price: int, risk: Risk) -> None:
    unlisted = Offer("unlisted", CARDS, high_risk=True)
    router = plain_router(unlisted, SEGPAY, default="unlisted")
    assert choose(router, usd(price), risk=risk) == Route("segpay", Reason.CHEAPEST)
    assert choose(plain_router(unlisted, Offer("another", CARDS, high_risk=True)), risk=risk).reason is Reason.DEFAULT


# --- what operators say ---


def test_a_provider_that_an_operator_has_killed_gets_no_sale() -> None:
    router = ruled([STRIPE, SEGPAY], demo=RoutingRules(frozenset({"stripe"})))
    assert choose(router) == Route("segpay", Reason.ONLY)
    assert _refused(router, "card", "USD", "stripe") == "provider"
    assert choose(router, tenant="other") == Route("stripe", Reason.CHEAPEST)


def test_what_is_killed_for_everybody_is_so_for_each() -> None:
    router = ruled([STRIPE, SEGPAY], shared=RoutingRules(frozenset({"stripe"})), demo=RoutingRules(order=("stripe",)))
    assert choose(router).provider == choose(router, tenant="other").provider == "segpay"


def test_an_operators_order_goes_before_the_price() -> None:
    router = ruled([STRIPE, SEGPAY, MOCK], shared=RoutingRules(order=("segpay", "stripe")))
    assert choose(router) == Route("segpay", Reason.PREFERRED)
    assert choose(router, wanted="stripe") == Route("stripe", Reason.REQUESTED)
    own = ruled([STRIPE, SEGPAY], shared=RoutingRules(order=("segpay",)), demo=RoutingRules(order=("stripe",)))
    assert (choose(own).provider, choose(own, tenant="other").provider) == ("stripe", "segpay")


def test_who_is_not_in_the_order_comes_after_by_price() -> None:
    router = ruled(
        [STRIPE, SEGPAY, MOCK],
        ScriptedCircuits({"segpay": an_open_one("segpay")}),
        demo=RoutingRules(order=("segpay",)),
    )
    assert choose(router) == Route("mock", Reason.CHEAPEST)


# --- who works ---


def test_a_provider_whose_circuit_is_open_is_passed_over() -> None:
    router = ruled(ALL, ScriptedCircuits({"mock": an_open_one("mock")}))
    assert choose(router) == Route("stripe", Reason.CHEAPEST)
    alone = ruled([STRIPE, MOCK], ScriptedCircuits({"mock": an_open_one("mock")}))
    assert choose(alone) == Route("stripe", Reason.HEALTHY)


def test_one_sale_tries_a_better_provider_again_when_its_time_has_come() -> None:
    circuits = ScriptedCircuits(
        {"mock": an_open_one("mock"), "segpay": an_open_one("segpay")}, frozenset({"mock", "segpay"})
    )
    router = ruled(ALL, circuits)
    assert choose(router) == Route("mock", Reason.PROBE, probes=True)
    assert circuits.taken == []  # before it is asked
    assert (router.take_probe("mock"), circuits.taken) == (True, ["mock"])


def test_nobody_tries_a_provider_that_would_not_be_chosen() -> None:
    circuits = ScriptedCircuits({"segpay": an_open_one("segpay")}, frozenset({"segpay"}))
    chosen = choose(ruled([STRIPE, SEGPAY], circuits))
    assert (chosen.provider, chosen.probes) == ("stripe", False)


def test_if_none_works_the_least_degraded_is_tried() -> None:
    degraded = {"mock": an_open_one("mock", 2), "stripe": an_open_one("stripe", 1), "segpay": an_open_one("segpay", 1)}
    assert choose(ruled([STRIPE, SEGPAY, MOCK], ScriptedCircuits(degraded))) == Route("stripe", Reason.LEAST_DEGRADED)
    refused = degraded | {"stripe": an_open_one("stripe", 0, Cause.CREDENTIALS_REFUSED)}
    assert choose(ruled([STRIPE, SEGPAY, MOCK], ScriptedCircuits(refused))) == Route("segpay", Reason.LEAST_DEGRADED)


def test_an_open_circuit_stops_nobody_where_there_is_no_other_provider() -> None:
    for probes, reason in ((frozenset[str](), Reason.ONLY), (frozenset({"stripe"}), Reason.PROBE)):
        circuits = ScriptedCircuits({"stripe": an_open_one("stripe")}, probes)
        assert choose(ruled([STRIPE], circuits)) == Route("stripe", reason, bool(probes))
        assert choose(ruled(ALL, circuits), wanted="stripe") == Route("stripe", Reason.REQUESTED, bool(probes))


def test_a_healthy_provider_is_never_asked_for_a_probe() -> None:
    circuits = ScriptedCircuits(probes=frozenset({"stripe"}))
    assert not choose(ruled([STRIPE], circuits)).probes
    assert not choose(ruled([STRIPE, SQUARE], circuits), wanted="stripe").probes


# --- what would be ---


def test_a_simulation_tells_of_each_why_it_was_left_out() -> None:
    circuits = ScriptedCircuits({"mock": an_open_one("mock")})
    router = ruled([STRIPE, SEGPAY, MOCK, SQUARE, OFF, UNLISTED], circuits)
    rules = RoutingRules(frozenset({"unlisted"}))
    found = router.simulate(Sale("demo", "card", "EUR"), Money(10_000, "EUR"), rules)
    assert found.route == Route("stripe", Reason.CHEAPEST)
    assert {each.provider: (each.fee, each.left_out) for each in found.candidates} == {
        "mock": (0, LeftOut.CIRCUIT_OPEN),
        "stripe": (290, None),
        "segpay": (800, LeftOut.OUTRANKED),
        "square": (290, LeftOut.CURRENCY),
        "paypal": (349, LeftOut.DISABLED),
        "unlisted": (None, LeftOut.KILLED),
    }


def test_a_simulation_takes_no_probe() -> None:
    circuits = ScriptedCircuits({"mock": an_open_one("mock")}, frozenset({"mock"}))
    found = ruled([STRIPE, MOCK], circuits).simulate(Sale("demo", "card", "USD"), usd(100), RoutingRules())
    assert (found.route, circuits.taken) == (Route("mock", Reason.PROBE, probes=True), [])


def test_a_simulation_of_what_nobody_takes_has_no_route() -> None:
    found = plain_router(STRIPE).simulate(Sale("demo", "card", "USD", Risk.HIGH), usd(100), RoutingRules())
    assert found.route is None
    assert [each.left_out for each in found.candidates] == [LeftOut.RISK]


@given(
    price=st.integers(1, 10**7),
    broken=st.sets(st.sampled_from([offer.provider for offer in ALL])),
    due=st.sets(st.sampled_from([offer.provider for offer in ALL])),
    order=st.permutations([offer.provider for offer in ALL]).map(tuple),
    named=st.integers(0, 4),
    wanted=st.none() | st.sampled_from([offer.provider for offer in ALL]),
)
def test_a_simulation_says_what_a_sale_would_be_told(
    price: int, broken: set[str], due: set[str], order: tuple[str, ...], named: int, wanted: str | None
) -> None:
    circuits = ScriptedCircuits({each: an_open_one(each) for each in broken}, frozenset(broken & due))
    rules = RoutingRules(order=order[:named])
    router = ruled(ALL, circuits, demo=rules)
    sale = Sale("demo", "card", "USD", wanted=wanted)
    chosen = router.choose(sale, usd(price), router.eligible(sale))
    found = router.simulate(sale, usd(price), rules)
    assert found.route == chosen
    assert [each.provider for each in found.candidates if each.left_out is None] == [chosen.provider]
    assert {each.provider for each in found.candidates} == {offer.provider for offer in ALL}

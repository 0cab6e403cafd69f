"""Each function may do what it does, and nothing else: every right in `template.yaml` is one that a call needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functions.paying_pal import PalShop, with_paypal
from tests.functions.segpaying import a_shop
from tests.functions.subscribers_life import subscribe_at_paypal
from tests.functions.subscribing_at_paypal import Payers
from tests.functions.whole_life import buy_at_segpay, live
from tests.simulators.paypal_world import a_paypal
from tests.simulators.segpay_world import a_segpay_world
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tests.support.privileges import Judge
from tests.support.rights import functions
from tests.template.lambdas_own import rights_of_lambda


@pytest.fixture(scope="module")
def judge(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Who has watched everything that functions do."""
    folder = tmp_path_factory.mktemp("life")
    plans = {"SEGPAY_RECURRING": "true", "PAYPAL_RECURRING": "true"}
    square = {"ENABLE_SQUARE": "true", "SQUARE_LOCATIONS": "USD:L1", "SQUARE_API_BASE": "http://127.0.0.1:9"}
    with (
        a_world(folder) as stripe,
        a_segpay_world() as segpay,
        a_paypal() as paypal,
        a_shop(engine, stripe, segpay, folder, **plans, **square, **with_paypal(paypal)) as shop,
    ):
        assert shop.deployed.judge is not None
        shop.deployed.redelivers = False  # a right is needed, or not, the first time
        pal = PalShop(shop.deployed, paypal, shop.stuck.clock_file)
        live(shop.stuck, pal)
        buy_at_segpay(shop)
        subscribe_at_paypal(Payers(pal))
        yield shop.deployed.judge


@pytest.mark.parametrize("function", sorted(functions()))
def test_without_any_one_of_its_rights_some_call_of_the_function_is_refused(judge: Judge, function: str) -> None:
    """But for what Lambda itself does. A right that is listed here is either not needed, and goes, or
    `tests/functions/whole_life.py` lacks what needs it.
    """
    policy, needs = judge.actors[function].policy, judge.met[function]
    assert all(policy.allows(need) for need in needs)
    own = rights_of_lambda(functions()[function])
    ours = [grant for grant in policy.allowed() if (grant.action, grant.written) not in own]
    unneeded = [str(grant) for grant in ours if all(policy.without(grant).allows(need) for need in needs)]
    assert not unneeded, "\n".join(unneeded)

"""The capturer, killed before and after each of its calls, and beside a buyer who cancels at each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from botocore.httpsession import URLLib3Session

from tests.functions.paying_pal import PalShop
from tests.functions.reconciling import Killed
from tests.functions.test_stats import message, messages
from tests.support.deployment import Answer
from tollgate.adapters.providers.paypal.transport import Transport

type At = Callable[[int, bool], None]


@contextmanager
def at_each_call(act: At) -> Iterator[None]:
    """`act` is told the number of each call to AWS and to PayPal, before it and after it."""
    aws, paypal, made = URLLib3Session.send, Transport.send, [0]

    def around(send: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            made[0] += 1
            number = made[0]
            act(number, False)
            answer = send(*args, **named)
            act(number, True)
            return answer

        return call

    with patch.object(URLLib3Session, "send", around(aws)), patch.object(Transport, "send", around(paypal)):
        yield


def _approved(pal: PalShop) -> Answer:
    checkout, count = pal.checkout(), pal.paypal.inbox.types().count("CHECKOUT.ORDER.APPROVED") + 1
    pal.approve(checkout)
    pal.hear("CHECKOUT.ORDER.APPROVED", count=count)
    return checkout


def _by_another(pal: PalShop, checkout: Answer, act: At) -> list[str]:
    """Captured by a new instance, which has no secret and no token yet."""
    with at_each_call(act):
        return pal.capture(pal.approvals(checkout), pal.deployed.fresh("capturer"))


def _calls(pal: PalShop) -> int:
    """Of one capture: the payment, the secret, a token, the capture and what came of it."""
    seen: list[int] = []
    assert _by_another(pal, _approved(pal), lambda number, _: seen.append(number)) == []
    assert max(seen) >= 5
    return max(seen)


def _kill_at(point: int, after: bool) -> At:
    def act(number: int, done: bool) -> None:
        if (number, done) == (point, after):
            raise Killed

    return act


def test_killed_at_any_call_a_payment_is_captured_once_and_confirmed(pal: PalShop) -> None:
    for point in range(1, _calls(pal) + 1):
        for after in (False, True):
            checkout, taken = _approved(pal), len(pal.paypal.captures())
            with pytest.raises(Killed):
                _by_another(pal, checkout, _kill_at(point, after))
            assert pal.capture(pal.approvals(checkout)) == []
            assert (pal.shown(checkout)["status"], len(pal.paypal.captures())) == ("confirmed", taken + 1), (
                point,
                after,
            )
            assert pal.types(checkout).count("payments.purchase.confirmed") == 1


def test_a_cancelling_at_any_call_of_the_capture_loses(pal: PalShop) -> None:
    """Also while PayPal still says that nothing was taken: no money comes of what was cancelled."""
    for point in range(1, _calls(pal) + 1):
        checkout, answers = _approved(pal), list[Answer]()
        assert _by_another(pal, checkout, _cancel_at(pal, checkout, point, answers)) == []
        assert [each.status for each in answers] == [409], point
        item = next(each for each in pal.deployed.stored("payment") if checkout.body["id"] in each["pk"]["S"])
        assert (item["state"]["S"], "review" in item) == ("confirmed", False), point


def _cancel_at(pal: PalShop, checkout: Answer, point: int, answers: list[Answer]) -> At:
    begun: list[int] = []

    def act(number: int, done: bool) -> None:
        if number == point and not done and not begun:
            begun.append(number)
            answers.append(pal.cancel(checkout))

    return act


def test_a_message_that_is_none_of_ours_comes_again_until_it_is_set_aside(pal: PalShop) -> None:
    _approved(pal)
    (envelope,) = [each for each in _envelopes(pal) if each["type"] == "payments.payment.approved"]
    strange = [
        {**envelope, "type": "payments.payment.created"},
        {**envelope, "tenant": "a/b"},
        {**envelope, "aggregate": {"type": "payment", "id": "pay_1"}},
        {**envelope, "aggregate": None},
    ]
    records = [message("no json"), message("[]"), *messages(*strange)]
    assert pal.capture(records) == [each["messageId"] for each in records]
    assert not pal.paypal.captures()


def _envelopes(pal: PalShop) -> list[dict[str, Any]]:
    return [
        each
        for payment in pal.deployed.stored("payment")
        for each in pal.deployed.events(payment["pk"]["S"].split("#")[2])
    ]

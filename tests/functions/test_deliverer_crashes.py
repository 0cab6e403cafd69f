"""The deliverer, killed before and after each of its calls: nothing is lost, and the order is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from botocore.httpsession import URLLib3Session

from tests.functions.consuming import Delivered
from tests.functions.reconciling import Killed
from tests.functions.test_stats import message
from tollgate.adapters.courier import HttpCourier
from tollgate.adapters.delivery_wakes import encoded
from tollgate.deliveries.model import HOLD, Aggregate
from tollgate.deliveries.ports import Wake

HOUR = 3600


@contextmanager
def at_each_call(act: Callable[[int, bool], None]) -> Iterator[None]:
    """`act` is told the number of each call to AWS and to the consumer, before it and after it."""
    aws, post, numbers = URLLib3Session.send, HttpCourier.post, itertools.count()

    def around(send: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            number = next(numbers)
            act(number, False)
            answer = send(*args, **named)
            act(number, True)
            return answer

        return call

    with patch.object(URLLib3Session, "send", around(aws)), patch.object(HttpCourier, "post", around(post)):
        yield


def killed_at_each_call(delivered: Delivered, prepare: Callable[[], Any], recover: Callable[[str], None]) -> int:
    """A payment for each call of its deliverer, which dies before it and after it; how many calls there are. Its queue
    gives the messages out again, when nobody can have in hand any more what was.
    """
    delivered.deliver(delivered.published(delivered.sold()))  # whatever an instance reads once is read
    prepare()
    undisturbed, records = list[int](), delivered.published(delivered.sold())[:1]
    with at_each_call(lambda number, _: undisturbed.append(number)):
        delivered.deliver(records)
    for point in itertools.product(sorted(set(undisturbed)), (False, True)):
        prepare()
        of = delivered.sold()
        records = delivered.published(of)[:1]

        def act(number: int, done: bool, at: tuple[int, bool] = point) -> None:
            if (number, done) == at:
                raise Killed

        with at_each_call(act), pytest.raises(Killed):
            delivered.deliver(records)
        delivered.later(HOLD.total_seconds() + 1)
        assert delivered.deliver(records) == []
        recover(of)
        heard = delivered.backend.heard(of)
        assert ([*dict.fromkeys(heard)], heard) == ([1, 2, 3], sorted(heard)), point
        assert len(heard) <= 4, "only the one in hand may have come twice"
    return len(set(undisturbed))


def test_killed_at_any_call_nothing_is_lost_and_the_order_is_kept(delivered: Delivered) -> None:
    assert killed_at_each_call(delivered, lambda: None, lambda _: None) >= 14


def test_killed_at_any_call_of_a_delivery_that_fails_nothing_is_lost_either(delivered: Delivered) -> None:
    """The lane's own messages come at their time."""

    def recover(of: str) -> None:
        for turn in (1, 2):
            delivered.later(HOUR)
            assert delivered.deliver([message(encoded(Wake("funnel", Aggregate("demo", "payment", of), turn)))]) == []

    assert (
        killed_at_each_call(delivered, lambda: delivered.backend.control("faults", status=500, times=1), recover) >= 7
    )

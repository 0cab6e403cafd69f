"""Friends of the shop who pay together: a group is made, each has a share set aside, and with the last all is taken."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bench.shop import Shop
from tests.functions.grouping import Groups, Made, a_group
from tests.functions.test_stats import messages
from tests.support.deployment import Answer
from tests.support.requests import context
from tollgate.group_payments.events import GROUP_AUTHORIZED

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


def share(shop: Shop, step: Step) -> None:
    """A group of two, after another by which the instance has read what it reads once."""
    groups = Groups(shop.deployed)
    for name in ("", "group_create"):
        made = Made(_done(step(name, partial(groups.ask, a_group())) if name else groups.ask(a_group()), 201))
        for member, paid in enumerate(("group_share", "group_share_last")):
            pay = partial(groups.contribute, made, member)
            _done(step(paid, pay) if name else pay(), 202)
        take = _capturing(groups, made)
        assert (step("group_take", take) if name else take()) == {"batchItemFailures": []}


def _capturing(groups: Groups, made: Made) -> Callable[[], Any]:
    """The capturer hears that nothing of the group is missing."""
    told = messages(*(each for each in groups.deployed.events(made.id) if each["type"] == GROUP_AUTHORIZED))
    capturer = groups.deployed.function("capturer")
    return lambda: capturer.handler({"Records": told}, context())


def _done(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    return dict(answer.body)

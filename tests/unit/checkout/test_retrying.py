"""A payment that ended unpaid may be tried again: on one page at a time, for the same things at the same price."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOW, a_pricing_item, captured, usd
from tests.support.checkout_world import CheckoutWorld, another_key
from tests.support.without_tenders import plain_recorder
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unreachable
from tollgate.checkout.quote import AmountMismatch
from tollgate.checkout.retrying import LONGEST_CHAIN, CheckoutRetry, RetryPayment
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import NotFound, ValidationFailed
from tollgate.kernel.idempotency import LEASE, DuplicateInProgress, IdempotencyKeyReused, Response
from tollgate.payments.errors import NotRetryable
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentKey

ADMIN = Viewer("demo", None)
URLS = {"success_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/cart"}


class RetryWorld(CheckoutWorld):
    """A checkout that somebody opened, and the admins' door to it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.retrying = CheckoutRetry(self.desk, self.payments, self.opening)
        self.first = json.loads(self.create(client_reference="order-1", consumer="tickets").body)["id"]

    def get(self, payment_id: str) -> Payment:
        found = self.payments.get(PaymentKey("demo", payment_id))
        assert found is not None
        return found

    def told(self, payment_id: str, fact: Fact) -> None:
        """What the provider says of a payment."""
        report = captured(f"pi_{payment_id}") if fact is Fact.CAPTURED else Report(fact, NOW, reason="declined")
        plain_recorder(self.payments, self.parking, self.unit_of_work, self.clock).record(self.get(payment_id), report)

    def retry(self, payment_id: str | None = None, **fields: Any) -> Response:
        return self.retrying.retry(self.wish(payment_id, **fields))

    def wish(self, payment_id: str | None = None, **fields: Any) -> RetryPayment:
        made: dict[str, Any] = {"viewer": ADMIN, "caller": "boss", "key": another_key(), "body": {"a": 1}, **URLS}
        return RetryPayment(payment_id=payment_id or self.first, **(made | fields))


@pytest.fixture
def world() -> RetryWorld:
    return RetryWorld()


def body(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


@pytest.mark.parametrize("end", [Fact.FAILED, Fact.CANCELLED, Fact.EXPIRED])
def test_an_ended_payment_gets_another_for_the_same(world: RetryWorld, end: Fact) -> None:
    world.told(world.first, end)
    answer = world.retry()
    assert answer.status == 201
    made, ended = world.get(body(answer)["id"]), world.get(world.first)
    assert body(answer)["retryOf"] == made.retry_of == ended.id
    assert body(answer)["checkoutUrl"]
    same = ("tenant", "owner", "items", "amount", "method", "provider", "consumer", "client_reference")
    assert {name: getattr(made, name) for name in same} == {name: getattr(ended, name) for name in same}
    (created, *_) = world.payments.history(PaymentKey("demo", made.id))
    assert created["data"]["retry_of"] == ended.id


def test_while_its_page_is_open_no_other_is_made(world: RetryWorld) -> None:
    world.told(world.first, Fact.DECLINED)
    answer = world.retry(success_url=None, cancel_url=None)
    assert (answer.status, body(answer)["id"]) == (200, world.first)
    assert body(answer)["checkoutUrl"] == "https://pay.example/cs_1"
    world.told(world.first, Fact.PROCESSING)
    assert world.retry(success_url=None, cancel_url=None).status == 200
    assert len(world.provider.opened) == 1


@pytest.mark.parametrize("facts", [(Fact.CAPTURED,), (Fact.CAPTURED, Fact.SETTLED), (Fact.FAILED, Fact.CAPTURED)])
def test_what_was_paid_or_is_under_review_is_not_retried(world: RetryWorld, facts: tuple[Fact, ...]) -> None:
    for fact in facts:
        world.told(world.first, fact)
    with pytest.raises(NotRetryable):
        world.retry()
    assert len(world.provider.opened) == 1


def test_money_that_came_for_a_retry_forbids_another(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    second = body(world.retry())["id"]
    world.told(second, Fact.FAILED)
    world.told(second, Fact.CAPTURED)
    with pytest.raises(NotRetryable):
        world.retry()


def test_a_page_in_the_making_is_waited_for(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    world.provider.script = [Unreachable("down")]
    with pytest.raises(ProviderUnavailable):
        world.retry()
    with pytest.raises(NotRetryable):
        world.retry()
    assert len([each for each in world.store.of("payment") if each.retry_of]) == 1


def test_the_addresses_are_asked_for_only_when_a_page_is_made(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    with pytest.raises(ValidationFailed) as refused:
        world.retry(success_url=None, cancel_url=None)
    assert [error.field for error in refused.value.errors] == ["successUrl", "cancelUrl"]
    with pytest.raises(ValidationFailed) as refused:
        world.retry(cancel_url=None)
    assert [error.field for error in refused.value.errors] == ["cancelUrl"]


def test_a_price_that_changed_is_told_and_not_charged(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    world.catalog.put(a_pricing_item(unit=usd(2600)))
    with pytest.raises(AmountMismatch):
        world.retry()
    world.catalog.put(a_pricing_item(active=False))
    with pytest.raises(ValidationFailed):
        world.retry()


def test_the_provider_stays_unless_another_is_asked_for(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    with pytest.raises(ValidationFailed) as refused:
        world.retry(provider="elsewhere")
    assert [error.field for error in refused.value.errors] == ["provider"]
    assert body(world.retry())["provider"] == "stripe"


def test_a_second_retry_under_another_key_finds_the_first(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    first, second = world.retry(), world.retry(body={"b": 2}, caller="somebody else")
    assert (first.status, second.status) == (201, 200)
    assert body(first)["id"] == body(second)["id"]
    world.told(body(first)["id"], Fact.CAPTURED)
    third = world.retry()
    assert (third.status, body(third)["status"]) == (200, "confirmed")


def test_a_retry_that_failed_too_is_followed_by_another(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    second = body(world.retry())["id"]
    world.told(second, Fact.FAILED)
    third = body(world.retry())
    assert (third["retryOf"], third["status"]) == (second, "pending")
    assert body(world.retry(second))["id"] == third["id"], "however one comes there, there is one open page"


def test_retries_have_an_end(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    last = world.first
    for _ in range(LONGEST_CHAIN - 1):
        last = body(world.retry())["id"]
        world.told(last, Fact.FAILED)
    world.told(body(world.retry())["id"], Fact.FAILED)
    with pytest.raises(NotRetryable):
        world.retry()


def test_the_same_request_is_answered_as_before(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    wish = world.wish()
    first = world.retrying.retry(wish)
    world.told(body(first)["id"], Fact.FAILED)
    assert world.retrying.retry(wish) == first.replay()
    world.told(world.first, Fact.CAPTURED)
    assert world.retrying.retry(wish) == first.replay()


def test_a_key_is_good_for_one_request(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    wish = world.wish()
    second = body(world.retrying.retry(wish))["id"]
    world.told(second, Fact.FAILED)
    for other in (replace(wish, body={"b": 2}), replace(wish, payment_id=second)):
        with pytest.raises(IdempotencyKeyReused):
            world.retrying.retry(other)


def test_a_retry_that_died_is_gone_on_with_by_its_key(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    wish = world.wish()

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    world.provider.meanwhile = die
    with pytest.raises(Died):
        world.retrying.retry(wish)
    world.provider.meanwhile = lambda: None
    with pytest.raises(DuplicateInProgress):
        world.retrying.retry(wish)
    world.clock.advance(LEASE)
    assert world.retrying.retry(wish).status == 201
    assert len(world.provider.sessions) == 2


def test_late_money_just_before_the_new_page_is_noticed(world: RetryWorld) -> None:
    """Read as failed, paid meanwhile: the transaction that would make the page holds only for the payment as read."""
    world.told(world.first, Fact.FAILED)
    commits = world.unit_of_work.commits

    def paid(commit: int) -> None:
        if commit == commits + 1:
            world.unit_of_work.before = lambda _: None
            world.told(world.first, Fact.CAPTURED)

    world.unit_of_work.before = paid
    with pytest.raises(NotRetryable):
        world.retry()
    assert len(world.provider.opened) == 1


def test_somebody_elses_retry_just_before_is_the_answer(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    commits, others = world.unit_of_work.commits, []

    def overtaken(commit: int) -> None:
        if commit == commits + 1:
            world.unit_of_work.before = lambda _: None
            others.append(world.retry(caller="somebody else"))

    world.unit_of_work.before = overtaken
    answer = world.retry()
    assert (answer.status, others[0].status) == (200, 201)
    assert body(answer)["id"] == body(others[0])["id"]


def test_a_page_that_the_provider_refuses_ends_the_retry_and_allows_the_next(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    world.provider.script = [Rejected("account_closed")]
    assert world.retry().status == 502
    answer = world.retry()
    assert answer.status == 201
    assert world.get(body(answer)["retryOf"]).state is State.FAILED


def test_what_another_tenant_has_cannot_be_retried(world: RetryWorld) -> None:
    world.told(world.first, Fact.FAILED)
    for payment_id, viewer in ((world.first, Viewer("other", None)), ("pay_none", ADMIN), ("../..", ADMIN)):
        with pytest.raises(NotFound):
            world.retry(payment_id, viewer=viewer)

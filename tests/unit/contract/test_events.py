"""Every type of event that is written down is one that the rooms make, in the shape that is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contract.event_schemas import EVENTS, event_schemas
from tests.support.builders import NOW, a_capture, a_draft, a_report, a_session, captured, created, priced, usd
from tests.support.gift_cards import a_card, a_draft_card
from tests.support.groups import RememberingWorld
from tests.support.promises import hold_event
from tests.support.resale import RATES, WINDOW, a_listing, after, an_escrow, funded
from tests.unit.subscriptions.lives import of_subscriptions
from tollgate.catalog.model import Asked, Changes, Interval
from tollgate.kernel.access import Viewer
from tollgate.kernel.events import Event
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.events import published_as
from tollgate.payments.importing import RefundedBefore, imported
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Change, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.settlement import Settlement
from tollgate.payouts.model import Payout, PayoutState
from tollgate.reconciliation.model import Kind, Remedy, Repair, a_finding
from tollgate.routing.circuit import Cause, Circuit

LATER = NOW + timedelta(days=100)
SETTLED = Report(Fact.SETTLED, NOW, settlement=Settlement(usd(320)))
RELEASED = Report(Fact.RESERVE_RELEASED, LATER)
OPENED = Report(Fact.CHECKOUT_OPENED, NOW, session=a_session())


def _refund(state: RefundState, amount: int | None = None) -> Report:
    money = None if amount is None else usd(amount)
    return Report(Fact.REFUND, NOW, refund=RefundReport(state, "ref_1", "re_1", money, "requested_by_customer"))


def _dispute(state: DisputeState) -> Report:
    return Report(Fact.DISPUTE, NOW, dispute=DisputeReport("dp_1", usd(5_000), state, usd(1_500)))


# Each a life of one payment.
LIVES: tuple[Sequence[Report], ...] = (
    (OPENED, a_report(Fact.PROCESSING), a_report(Fact.DECLINED, reason="card_declined"), captured(), SETTLED, RELEASED),
    (OPENED, a_report(Fact.APPROVED), captured()),
    (OPENED, a_report(Fact.FAILED, reason="card_declined"), captured()),
    (a_report(Fact.CANCELLED, reason="requested"),),
    (a_report(Fact.REROUTED), OPENED, a_report(Fact.EXPIRED)),
    (captured(), captured("pi_2")),
    (captured(), *(_refund(state) for state in (RefundState.REQUESTED, RefundState.UNKNOWN, RefundState.PENDING))),
    (captured(), _refund(RefundState.REQUESTED, 100), _refund(RefundState.SUCCEEDED), _refund(RefundState.FAILED)),
    (captured(), _dispute(DisputeState.OPEN), _dispute(DisputeState.WON)),
    (captured(), _dispute(DisputeState.OPEN), _dispute(DisputeState.LOST)),
)


def _lived(life: Sequence[Report], **fields: str) -> Iterator[Event]:
    change = created(seller="ven_1", fee=410, **fields)
    yield change.event
    payment: Payment = change.payment
    for report in life:
        after = payment.apply(report, LATER)
        assert isinstance(after, Change), f"{report.fact} of a {payment.status} payment is {after}"
        yield after.event
        payment = after.payment


def _of_imports() -> Iterator[Event]:
    for back in (None, RefundedBefore("re_1", 100, NOW)):
        yield imported(a_draft(), a_capture(), "order-1", LATER, back).event


def _of_payouts() -> Iterator[Event]:
    for number, state in enumerate(PayoutState, start=1):
        parts = ("pyt_1", "demo", "ven_1", 20_000, 200, "USD", True, "stripe", "acct_1")
        yield Payout(*parts, state=state, version=number, created_at=NOW, updated_at=NOW).event("trace")


def _of_findings() -> Iterator[Event]:
    for kind in Kind:
        found = a_finding(kind, "demo", ("payment", "pay_1"), Remedy.INVESTIGATE, NOW, detail={"review": "late"})
        opened, event = found.changed(Repair.PROPOSED, NOW)
        yield event
        yield opened.settled("boss", NOW)[1]


def _of_resales() -> Iterator[Event]:
    """With an artist and without, and each end that a sale may have."""
    listing = a_listing().listed().listing
    yield from (each.event for each in (a_listing().listed(), listing.cancelled(NOW)) if each.event)
    for rates in (RATES, replace(RATES, artist="art_1", artist_share=100)):
        draft = an_escrow(rates=rates)
        paid = funded(rates=rates)
        stopped = after(paid.charged_back(NOW))
        part = paid.gave_back(1, NOW)
        changes = (
            draft.opened(),
            after(draft.opened()).funded(NOW, WINDOW),
            after(draft.opened()).cancelled("card_declined", NOW),
            paid.confirmed(NOW),
            paid.complained("late", NOW),
            paid.charged_back(NOW),
            part,
            stopped.chargeback_ended(NOW, 0),
            paid.released(NOW, "transferred"),
            paid.refunded(NOW, "not_transferred"),
        )
        yield from (each.event for each in changes if each and each.event)
    deposit = Deposit(DepositKind.ESCROW, an_escrow().id)
    held = replace(created(seller="usr_1").payment, deposit=deposit).apply(captured(), LATER)
    assert isinstance(held, Change)
    yield held.event


def _of_gift_cards() -> Iterator[Event]:
    card, ordered = a_card(), a_draft_card().order(NOW).card
    held = card.hold("hld_1", 100, "pay_2", "user-2", NOW)
    stopped = card.freeze("boss", "reported stolen", NOW)
    refunding = card.reversed(0, NOW, under_way=True, gone_in_full=False)
    assert stopped
    assert refunding
    changes = [
        a_draft_card().order(NOW),
        ordered.activate(NOW, 365),
        ordered.cancel("expired", NOW),
        card.use(100, None, None, NOW),
        card.use(10_000, "user-2", "order-7", NOW).traced("trace"),
        card.redeem("user-2", 10, NOW),
        held,
        held.card.capture("hld_1", NOW),
        held.card.release("hld_1", NOW),
        card.restore(100, "ref_1", NOW),
        stopped,
        stopped.card.unfreeze("boss", "found", NOW),
        card.expire(NOW + timedelta(days=365)),
        refunding,
        refunding.card.reversed(0, NOW, under_way=False, gone_in_full=False),
        refunding.card.reversed(10_000, NOW, under_way=False, gone_in_full=True),
        card.reversed(100, NOW, under_way=False, gone_in_full=False),
    ]
    for change in changes:
        assert change is not None
        yield change.event


def _of_groups() -> Iterator[Event]:
    more: dict[str, Any] = {"seller": None, "consumer": "tickets", "trace": "trace"}
    for fields in ({}, more):
        world = RememberingWorld()
        done, late, off = (world.made(name, **fields) for name in "123")
        world.paid(done, 0, 1)
        paid = world.paid(late, 0)
        world.desk.cancel(Viewer("demo", None), off.group.id, "trace")
        for minutes in (5, 5):
            world.clock.advance(timedelta(minutes=minutes))
            world.deadline.step("demo", late.group.id)
        world.refunded(paid)
        aside = world.made("4", **fields)
        held = world.held(aside, 0)
        world.held(aside, 1)
        world.checkouts.cancel(Viewer("demo", None), held.id, let_go=True)
        yield from world.events()


def _of_providers() -> Iterator[Event]:
    opened, told = Circuit("stripe").opened(Cause.CONSECUTIVE_FAILURES, NOW)
    yield told
    yield opened.closed(LATER)[1]


def _of_pricing_items() -> Iterator[Event]:
    asked = Asked("service:tests", "trace")
    plan = priced("gold_month", interval=Interval.MONTH, trial_days=14, references={"stripe": "price_1"})
    dearer, gone = plan.item.changed(Changes(amount=9_900), asked, NOW), plan.item.withdrawn(asked, LATER)
    for change in (plan, dearer, gone):
        assert change is not None
        yield change.event


def _all() -> list[Event]:
    whole = {"consumer": "tickets", "client_reference": "order-1", "retry_of": "pay_0"}
    lives = [event for life in LIVES for fields in ({}, whole) for event in _lived(life, **fields)]
    kept = (*_of_imports(), *_of_payouts(), *_of_gift_cards(), *of_subscriptions(), *_of_findings(), *_of_providers())
    return [*lives, *kept, *_of_pricing_items(), *_of_groups(), *_of_resales()]


def test_every_event_that_the_rooms_make_is_as_it_is_written_down() -> None:
    for event in _all():
        hold_event(event.envelope())


def test_every_event_that_is_written_down_is_one_that_the_rooms_make() -> None:
    made = {event.type: event.aggregate_type for event in _all()}
    assert made == {each.name: each.aggregate for each in EVENTS}


def test_every_name_under_which_an_event_is_published_has_a_schema_of_its_own() -> None:
    assert set(event_schemas()) == {name for each in EVENTS for name in published_as(each.name)}
    for each in EVENTS:
        for name in published_as(each.name):
            schema = event_schemas()[name]
            assert (schema["title"], schema["properties"]["type"]) == (name, {"const": each.name})


@pytest.mark.parametrize(
    "change",
    [
        {"type": "payments.unheard_of"},
        {"sequence": 0},
        {"trace": 1},
        {"occurred_at": "2026-01-31"},
        {"colour": "red"},
        {"data": {}},
        {"aggregate": {"type": "finding", "id": "pay_1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_event_in_another_shape_is_found(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        hold_event(next(_lived(())).envelope() | change)


def test_a_field_that_nobody_wrote_down_is_found() -> None:
    envelope = next(_lived(())).envelope()
    with pytest.raises(AssertionError, match="colour"):
        hold_event(envelope | {"data": envelope["data"] | {"colour": "red"}})


def test_subscribers_are_not_told_to_refuse_what_later_versions_add() -> None:
    assert not [name for name, schema in event_schemas().items() if "'additionalProperties': False" in str(schema)]

"""Subscriptions in the store: one version after the other, one seat for each user and product."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW, a_draft, captured, usd
from tests.support.stores import Store
from tests.unit.subscriptions.lives import AS_IT_IS, LATER, OVER, PAUSED, UNPAID, after, an_active, an_order, changed
from tests.unit.subscriptions.telling import KEY
from tollgate.adapters.dynamodb.renewals import LANES
from tollgate.kernel.access import Viewer
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidCursor, PaymentExists, ReferenceTaken
from tollgate.payments.model import Change as PaymentChange
from tollgate.payments.model import open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.ports import DueSubscription
from tollgate.subscriptions.errors import AlreadySubscribed, SubscriptionChanged, SubscriptionExists
from tollgate.subscriptions.model import CHARGED_WITHIN, Change, Charging, Renewer, Subscription
from tollgate.subscriptions.ports import SubscriptionKey
from tollgate.subscriptions.reports import CardGiven


def ordered(store: Store, name: str = "1", owner: str = "user-1", product: str = "gold", days: int = 0) -> Subscription:
    terms = replace(an_order().terms, product=product)
    at = NOW + timedelta(days=days)
    order = an_order(id=derived("sub", name), owner=owner, terms=terms, created_at=at)
    change = order.order(at, None)
    store.unit_of_work.commit(*store.subscriptions.create(change))
    return change.subscription


def stored(store: Store, *changes: Change) -> Subscription:
    for change in changes:
        store.unit_of_work.commit(*store.subscriptions.update(change))
    return changes[-1].subscription


def begun(store: Store) -> Subscription:
    order = ordered(store)
    return stored(store, Change(order.version, replace(an_active(), version=1)))


def test_a_subscription_comes_back_as_it_was(store: Store) -> None:
    order = ordered(store)
    assert store.subscriptions.get(KEY) == order
    owing = after(an_active(), UNPAID, CardGiven("seti_1", LATER))
    late = replace(owing, email="a@b.example", told_at=LATER, source="cus/pm", ends_at=LATER)
    full = replace(
        late, paused_at=LATER, trial_end=LATER, closing=True, consumer="tickets", client_reference="o-1", version=1
    )
    assert stored(store, Change(1, full)) == store.subscriptions.get(KEY) == full
    assert store.subscriptions.get(SubscriptionKey("other", order.id)) is None


def test_a_user_has_one_open_subscription_of_a_product(store: Store) -> None:
    first = ordered(store)
    with pytest.raises(AlreadySubscribed) as refused:
        ordered(store, "2")
    assert refused.value.subscription_id == first.id
    ordered(store, "3", product="silver")
    ordered(store, "4", owner="user-2")
    with pytest.raises(SubscriptionExists):
        ordered(store, owner="user-3")


def test_the_seat_is_free_again_with_the_end(store: Store) -> None:
    active = begun(store)
    stored(store, changed(active, OVER))
    assert ordered(store, "2").id != active.id


def test_of_twenty_orders_at_once_one_is_taken(racing_store: Store) -> None:
    results = race(racing_store, 20, lambda store, number: ordered(store, str(number)))
    assert kinds(results) == {"Subscription": 1, "AlreadySubscribed": 19}


def test_versions_follow_one_another_and_the_loser_learns_what_is_there(store: Store) -> None:
    active = begun(store)
    paused = stored(store, changed(active, PAUSED))
    for writes in (
        store.subscriptions.update(changed(active, UNPAID)),
        [store.subscriptions.flag(active)],
        [store.subscriptions.look_again(active, NOW)],
    ):
        with pytest.raises(SubscriptionChanged) as moved:
            store.unit_of_work.commit(*writes)
        assert moved.value.subscription == paused


def test_events_that_were_parked_meanwhile_are_not_overlooked(store: Store) -> None:
    active = begun(store)
    store.unit_of_work.commit(store.subscriptions.flag(active))
    with pytest.raises(SubscriptionChanged) as moved:
        stored(store, changed(active, PAUSED))
    assert moved.value.subscription == replace(active, parked=True, revision=active.revision + 1)
    change = changed(moved.value.subscription, PAUSED)
    assert change.unparks
    assert not stored(store, change).parked


def test_of_two_changes_that_nobody_is_told_of_none_is_lost(store: Store) -> None:
    active = begun(store)
    first = changed(active, AS_IT_IS)
    assert not first.events
    noted = stored(store, first)
    for change in (first, replace(changed(active, UNPAID), before=active.revision)):
        with pytest.raises(SubscriptionChanged) as moved:
            stored(store, change)
        assert moved.value.subscription == noted


def test_a_reference_leads_to_one_subscription(store: Store) -> None:
    active = begun(store)
    for _ in range(2):
        store.unit_of_work.commit(store.subscriptions.point(active, "sub_1"))
    assert store.subscriptions.find("stripe", "sub_1") == KEY
    assert store.subscriptions.find("segpay", "sub_1") is None
    # A payment may be called the same.
    assert store.payments.find("stripe", "sub_1") is None
    with pytest.raises(ReferenceTaken):
        store.unit_of_work.commit(store.subscriptions.point(replace(active, id=derived("sub", "2")), "sub_1"))


def test_lists_are_a_users_or_a_tenants_newest_first(store: Store) -> None:
    ids = [ordered(store, f"{n}", f"user-{n % 2}", f"p{n}", days=n).id for n in range(5)]
    mine, all_ = Viewer("demo", "user-0"), Viewer("demo", None)
    page = store.subscriptions.list(mine, limit=2, cursor=None)
    rest = store.subscriptions.list(mine, limit=2, cursor=page.cursor)
    assert [each.id for each in (*page.subscriptions, *rest.subscriptions)] == [ids[4], ids[2], ids[0]]
    assert rest.cursor is None
    assert [each.id for each in store.subscriptions.list(all_, limit=9, cursor=None).subscriptions] == ids[::-1]
    with pytest.raises(InvalidCursor):
        store.subscriptions.list(all_, limit=2, cursor=page.cursor)
    assert not store.subscriptions.list(Viewer("other", None), limit=9, cursor=None).subscriptions


def test_a_history_is_its_last_events_newest_first(store: Store) -> None:
    active = begun(store)
    late = stored(store, changed(active, UNPAID))
    stored(store, changed(late, OVER))
    kinds_ = [each["type"].rpartition(".")[2] for each in store.subscriptions.history(KEY, limit=3)]
    assert kinds_ == ["ended", "cancelled", "grace_ended"]


def test_what_its_provider_renews_is_due_after_its_period_and_what_we_renew_elsewhere(store: Store) -> None:
    active, due = begun(store), DueSubscription("demo", KEY.id)
    assert active.due_at is not None
    assert due not in list(store.due.due(active.due_at - timedelta(seconds=1)))
    assert due in list(store.due.due(active.due_at))
    store.unit_of_work.commit(store.subscriptions.look_again(active, active.due_at + timedelta(days=1)))
    assert due not in list(store.due.due(active.due_at))
    stored(store, Change(active.version, replace(active, renewed_by=Renewer.PLATFORM)))
    assert due not in list(store.due.due(active.due_at + timedelta(days=9)))


def test_what_we_renew_is_due_in_one_lane_when_its_period_is_over(store: Store) -> None:
    ours = replace(an_active(), version=1, renewed_by=Renewer.PLATFORM, source="ok", method="mock")
    active = stored(store, Change(ordered(store).version, ours))
    end = active.due_at
    assert active.period is not None
    assert end == active.period.end
    assert _renewed(store, end - timedelta(seconds=1)) == []
    assert _renewed(store, end) == [KEY]
    store.unit_of_work.commit(store.subscriptions.look_again(active, end + timedelta(minutes=15)))
    assert (_renewed(store, end), _renewed(store, end + timedelta(minutes=15))) == ([], [KEY])
    charging = replace(active, charging=Charging("renewal 1", end)).noted()
    assert store.subscriptions.get(KEY) == active
    assert stored(store, charging) == store.subscriptions.get(KEY)
    with pytest.raises(SubscriptionChanged):
        stored(store, charging)
    assert (_renewed(store, end), _renewed(store, end + CHARGED_WITHIN)) == ([], [KEY])
    owing = stored(store, changed(replace(charging.subscription, charging=None), UNPAID))
    assert _renewed(store, end + timedelta(days=99)) == []
    assert owing.due_at is not None
    assert DueSubscription("demo", KEY.id) in list(store.due.due(owing.due_at))


def _renewed(store: Store, now: datetime) -> list[SubscriptionKey]:
    return [key for lane in range(LANES) for key in store.renewals.due(lane, now)]


def test_a_payment_of_which_several_things_are_known_is_stored_at_once(store: Store) -> None:
    opened = open_payment(a_draft(amount=usd(3999)))
    paid = opened.payment.apply(captured(amount=usd(3999)), NOW)
    assert isinstance(paid, PaymentChange)
    writes = store.payments.create_through([opened, paid])
    store.unit_of_work.commit(*writes)
    key = PaymentKey("demo", opened.payment.id)
    assert store.payments.get(key) == paid.payment
    assert [each["sequence"] for each in store.payments.history(key)] == [1, 2]
    with pytest.raises(PaymentExists):
        store.unit_of_work.commit(*store.payments.create_through([opened, paid]))

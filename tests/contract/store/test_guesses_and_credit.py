"""Counters of failed guesses, and what customers may spend, as all stores keep them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.contract.store.test_races import kinds, race
from tests.support.builders import NOW
from tests.support.stores import OnDynamo, Store
from tollgate.adapters.dynamodb import keys
from tollgate.gift_cards.errors import InsufficientCredit
from tollgate.gift_cards.guessing import GuessCount, door_of_address, door_of_user
from tollgate.kernel.clock import epoch

USER, ADDRESS = door_of_user("demo", "user-2"), door_of_address("demo", "203.0.113.7")
CUSTOMER = "cus_1"


def note(store: Store, at: datetime = NOW) -> GuessCount:
    return store.guesses.note("demo", [USER], at)[USER]


def test_failures_are_counted_at_each_door_by_itself(store: Store) -> None:
    assert store.guesses.note("demo", [USER, ADDRESS], NOW) == {
        USER: GuessCount(USER, 1, NOW, NOW),
        ADDRESS: GuessCount(ADDRESS, 1, NOW, NOW),
    }
    later = NOW + timedelta(minutes=1)
    assert note(store, later) == GuessCount(USER, 2, NOW, later)
    assert store.guesses.note("other", [USER], NOW)[USER].failures == 1
    assert store.guesses.note("demo", [], NOW) == {}


@pytest.mark.parametrize(
    ("failures", "quiet", "counted"),
    [
        (4, timedelta(minutes=15) - timedelta(seconds=1), 5),
        (4, timedelta(minutes=15), 1),
        (5, timedelta(minutes=15), 6),
        (5, timedelta(days=1) - timedelta(seconds=1), 6),
        (5, timedelta(days=1), 1),
    ],
)
def test_a_count_goes_on_or_begins_anew_by_the_time_that_has_passed(
    store: Store, failures: int, quiet: timedelta, counted: int
) -> None:
    last = [note(store) for _ in range(failures)][-1]
    assert last.failures == failures
    again = note(store, NOW + quiet)
    assert again == last.after_failure(NOW + quiet)
    assert again.failures == counted
    assert store.gift_cards.look("demo", ["gft_1"], [USER]).guesses == {USER: again}


def test_failures_at_once_are_all_counted(racing_store: Store) -> None:
    results = race(racing_store, 20, lambda store, _: note(store))
    assert sorted(each.failures for each in results) == list(range(1, 21))


def give(store: Store, amount: int, currency: str = "USD") -> None:
    store.unit_of_work.commit(store.credits.add("demo", currency, CUSTOMER, amount))


def take(store: Store, amount: int) -> None:
    store.unit_of_work.commit(store.credits.take("demo", "USD", CUSTOMER, amount))


def test_credit_is_there_as_soon_as_it_is_given_and_no_more_can_be_taken(store: Store) -> None:
    assert store.credits.get("demo", "USD", CUSTOMER) == 0
    give(store, 500)
    give(store, 250)
    take(store, 700)
    assert store.credits.get("demo", "USD", CUSTOMER) == 50
    with pytest.raises(InsufficientCredit) as refused:
        take(store, 51)
    assert refused.value.available == 50
    take(store, 50)
    assert store.credits.get("demo", "USD", CUSTOMER) == 0


def test_who_never_had_credit_has_none_to_take(store: Store) -> None:
    with pytest.raises(InsufficientCredit) as refused:
        take(store, 1)
    assert refused.value.available == 0
    assert store.credits.get("demo", "USD", CUSTOMER) == 0


def test_credit_is_of_one_customer_in_one_currency(store: Store) -> None:
    give(store, 500)
    give(store, 70, "EUR")
    assert store.credits.get("demo", "EUR", CUSTOMER) == 70
    for tenant, currency, customer in (("other", "USD", CUSTOMER), ("demo", "GBP", CUSTOMER), ("demo", "USD", "cus_2")):
        assert store.credits.get(tenant, currency, customer) == 0


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_is_neither_given_nor_taken(store: Store, amount: int) -> None:
    for move in (store.credits.add, store.credits.take):
        with pytest.raises(ValueError, match="cannot be"):
            move("demo", "USD", CUSTOMER, amount)


def test_of_twenty_who_take_thirty_of_a_hundred_three_do(racing_store: Store) -> None:
    give(racing_store, 100)
    results = race(racing_store, 20, lambda store, _: take(store, 30))
    assert kinds(results) == {"NoneType": 3, "InsufficientCredit": 17}
    assert racing_store.credits.get("demo", "USD", CUSTOMER) == 10


# --- what only the adapter promises ---


def test_a_counter_leaves_the_table_once_it_is_forgotten(dynamo: OnDynamo) -> None:
    note(dynamo)
    raw = dynamo.core.get(keys.guesses("demo", USER))
    assert raw is not None
    assert int(raw["ttl"]["N"]) == epoch(NOW + timedelta(days=1))
    assert "user-2" not in repr(raw)

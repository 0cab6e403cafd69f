"""A simulation that finds nothing proves nothing: bugs are planted here, and each must be found, by name and soon."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.history import Step, dumps, loads
from tests.simulation.rooms import Rooms
from tests.simulation.running import found_soon, of_seed, play_in
from tests.simulation.shrinking import shrink
from tests.simulation.store import FaultyBus, FaultyUnitOfWork
from tests.simulation.stripe_adapters import SimulatedPayouts
from tests.simulation.world import World
from tests.support.memory.events import EVENT, published
from tests.support.memory.inbox import MemoryInbox
from tests.support.memory.ledger import MemoryProjection
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.store import MemoryUnitOfWork, MemoryWrite
from tollgate.checkout.ports import Unknown
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.booking import book
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balances, Journal
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payouts.model import Payout
from tollgate.payouts.providers import TakenBack
from tollgate.reconciliation.delivery import Delivery
from tollgate.refunds.ports import Answered
from tollgate.refunds.service import Refunding


def test_a_new_provider_key_for_each_try_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payment, "provider_key", lambda *_: str(uuid.uuid4()))
    assert found_soon("each_refund_is_made_once", 25)


def test_a_new_provider_key_for_each_try_of_a_payout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payout, "provider_key", lambda *_: str(uuid.uuid4()))
    assert found_soon("each_payout_is_moved_and_sent_once", 350)


def test_a_state_that_is_stored_apart_from_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryUnitOfWork, "_commit", _one_by_one(MemoryUnitOfWork._commit))
    assert found_soon("no_error_escapes")  # an event that is there before its aggregate has got to it


def _one_by_one(commit: Callable[..., None]) -> Callable[..., None]:
    """No transaction: where one write is refused, those before it stay."""

    def each(unit_of_work: MemoryUnitOfWork, writes: list[Write]) -> None:
        for write in sorted(writes, key=lambda each: each.key[0] != "event"):
            commit(unit_of_work, [write])

    return each


def test_a_payment_that_is_written_over_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    update = MemoryPayments.update

    def careless(payments: MemoryPayments, *change: Any) -> tuple[Write, ...]:
        first, *others = update(payments, *change)
        assert isinstance(first, MemoryWrite)
        return (replace(first, refuse=lambda _: None), *others)

    monkeypatch.setattr(MemoryPayments, "update", careless)
    assert found_soon("no_error_escapes", 74)


def test_an_entry_that_is_projected_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = MemoryProjection.mark

    def unmarked(projection: MemoryProjection, *entry: Any) -> Write:
        marked = mark(projection, *entry)
        assert isinstance(marked, MemoryWrite)
        return replace(marked, refuse=lambda _: None)

    monkeypatch.setattr(MemoryProjection, "mark", unmarked)
    assert found_soon("a_rebuild_gives_what_was_projected", 52)


def test_a_payout_that_takes_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(journal: Journal, balances: Balances, entry: JournalEntry, _: Collection[str]) -> tuple[Write, ...]:
        return book(journal, balances, entry, frozenset())

    monkeypatch.setattr("tollgate.payouts.recording.book", unguarded)
    assert found_soon("no_payout_takes_more_than_is_payable")


def test_an_answer_that_was_lost_and_is_taken_for_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    send = Refunding._send

    def hopeful(*arguments: Any) -> Any:
        outcome = send(*arguments)
        return Answered(RefundReport(RefundState.SUCCEEDED)) if isinstance(outcome, Unknown) else outcome

    monkeypatch.setattr(Refunding, "_send", hopeful)
    assert found_soon("refunds_agree_with_the_provider", 26)


def test_a_webhook_that_is_acknowledged_unstored(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = MemoryInbox.accept

    def hopeful(inbox: MemoryInbox, event: Any) -> bool:
        try:
            return accept(inbox, event)
        except RetryableError:
            return True

    monkeypatch.setattr(MemoryInbox, "accept", hopeful)
    assert found_soon("what_is_acknowledged_is_stored")


def test_an_event_that_is_published_before_it_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    run, commit, buses = Rooms.__init__, FaultyUnitOfWork.commit, dict[int, FaultyBus]()

    def known(rooms: Rooms, *arguments: Any) -> None:
        run(rooms, *arguments)
        buses[id(rooms.unit_of_work)] = rooms.bus

    def hasty(unit_of_work: FaultyUnitOfWork, *writes: Write) -> None:
        events = [each for each in writes if each.key[0] == EVENT and isinstance(each, MemoryWrite)]
        if id(unit_of_work) in buses:
            buses[id(unit_of_work)].taken += [published(each.value) for each in events]
        commit(unit_of_work, *writes)

    monkeypatch.setattr(Rooms, "__init__", known)
    monkeypatch.setattr(FaultyUnitOfWork, "commit", hasty)
    assert found_soon("nothing_is_published_that_did_not_happen")


def test_a_relay_that_takes_a_refusal_for_success(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = FaultyBus.publish

    def deaf(bus: FaultyBus, events: Any) -> int:
        publish(bus, events)
        return len(events)

    monkeypatch.setattr(FaultyBus, "publish", deaf)
    monkeypatch.setattr(Delivery, "sweep", lambda *_: True)
    assert found_soon("every_event_is_published", 285)


def test_a_refund_that_the_books_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.payments.refunds._posting", lambda *_: ())
    assert found_soon("our_books_are_the_provider_s")


def test_a_dispute_that_the_books_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollgate.ledger.rules.dispute_lost", lambda *_: None)
    assert found_soon("every_account_is_what_the_records_say", 225)


def test_a_transfer_that_is_never_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimulatedPayouts, "take_back", lambda *_: TakenBack())
    assert found_soon("payouts_agree_with_the_provider", 352)


def test_a_seed_gives_the_same_history_and_the_same_end_for_ever() -> None:
    first, second = World(), World()
    history = of_seed(7)
    assert loads(dumps(history)) == history == of_seed(7)
    play_in(first, history)
    play_in(second, history)
    assert first.rooms.stored.store.stream == second.rooms.stored.store.stream


def test_a_failing_history_is_shrunk_to_what_makes_it_fail() -> None:
    history = tuple(Step("open", (5, 9)) if number % 7 else Step("pay", (3, 8), pause=2) for number in range(40))
    short = shrink(history, lambda each: sum(step.action == "pay" and step.choices[1] > 4 for step in each) >= 2)
    assert short == (Step("pay", (0, 5)), Step("pay", (0, 5)))

"""Whatever is asked of a card, and whatever is learned, in whatever order: no value appears, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.builders import NOW
from tests.support.gift_cards import a_draft_card
from tollgate.gift_cards.model import CardChange, CardState, GiftCard
from tollgate.kernel.errors import TollgateError

AMOUNTS = st.integers(1, 12_000)
USERS = st.sampled_from([None, "user-2", "user-3"])


class CardMachine(RuleBasedStateMachine):
    """`value` is what must be on the card, reckoned from what each change says that it moved."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        ordered = a_draft_card().order(NOW)
        self.card: GiftCard = ordered.card
        self.value = 0
        self.gone = 0
        self.spent = 0
        self.open: dict[str, int] = {}
        self.ended: set[str] = set()

    def _take(self, change: CardChange | None, moves: int = 0) -> bool:
        if change is None:
            return False
        assert change.card.version == change.event.sequence == self.card.version + 1
        assert change.event.data["available"] == change.card.available
        self.card = change.card
        self.value += moves
        return True

    def _ask(self, request: Callable[[], CardChange]) -> CardChange | None:
        """A request is allowed or refused by name, and never takes more than there is."""
        before = self.card.available
        with suppress(TollgateError):
            change = request()
            assert 0 <= change.card.available < before
            assert self.card.state is CardState.ACTIVE
            assert not self.card.frozen
            return change
        return None

    @rule(days=st.integers(0, 200))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def paid(self) -> None:
        self._take(self.card.activate(self.now, 365), self.card.amount)

    @rule()
    def given_up(self) -> None:
        self._take(self.card.cancel("expired", self.now))

    @rule(amount=AMOUNTS, by=USERS)
    def use(self, amount: int, by: str | None) -> None:
        if self._take(self._ask(lambda: self.card.use(amount, by, None, self.now)), -amount):
            self.spent += amount

    @rule(by=st.sampled_from(["user-2", "user-3"]))
    def redeem(self, by: str) -> None:
        available, before = self.card.available, self.card.redeemed_by
        if self._take(self._ask(lambda: self.card.redeem(by, 10, self.now)), -available):
            assert before in (None, by)
            self.spent += available

    @rule(amount=AMOUNTS, number=st.integers(0, 30), by=USERS)
    def hold(self, amount: int, number: int, by: str | None) -> None:
        id_ = f"hld_{number}"
        if id_ in self.open or id_ in self.ended:
            return
        if self._take(self._ask(lambda: self.card.hold(id_, amount, "pay_2", by, self.now))):
            self.open[id_] = amount

    @rule(number=st.integers(0, 30))
    def capture(self, number: int) -> None:
        self._end(f"hld_{number}", self.card.capture, spends=True)

    @rule(number=st.integers(0, 30))
    def release(self, number: int) -> None:
        self._end(f"hld_{number}", self.card.release, spends=False)

    def _end(self, id_: str, end: Callable[[str, datetime], CardChange | None], *, spends: bool) -> None:
        amount = self.open.pop(id_, None)
        moved = self._take(end(id_, self.now), -(amount or 0) if spends else 0)
        assert moved == (amount is not None)
        if amount is not None:
            assert id_ not in self.ended
            self.ended.add(id_)
            self.spent += amount if spends else 0
            assert spends or self.card.state is not CardState.EXPIRED

    @precondition(lambda self: self.spent > 0)
    @rule(data=st.data())
    def refunded_to_it(self, data: st.DataObject) -> None:
        amount = data.draw(st.integers(1, self.spent))
        self.spent -= amount
        assert self._take(self.card.restore(amount, "ref_1", self.now), amount)

    @rule(frozen=st.booleans())
    def stopped(self, frozen: bool) -> None:
        change = (self.card.freeze if frozen else self.card.unfreeze)("boss", "a reason", self.now)
        assert (change is None) == (self.card.frozen == frozen)
        self._take(change)

    @rule()
    def expires(self) -> None:
        self._take(self.card.expire(self.now), -self.card.available)

    @rule(part=AMOUNTS, under_way=st.booleans(), back=st.booleans())
    def reversed(self, part: int, under_way: bool, back: bool) -> None:
        delta = -min(part, self.gone) if back else min(part, self.card.amount - self.gone)
        in_full = self.gone + delta == self.card.amount
        earned = self.card.breakage
        if self._take(self.card.reversed(delta, self.now, under_way=under_way, gone_in_full=in_full), -delta):
            self.gone += delta
            self.value += earned - self.card.breakage  # what had expired pays for what goes back
            stopped = CardState.CANCELLED if in_full else CardState.REFUNDING
            assert self.card.state is stopped or not (in_full or under_way)

    @invariant()
    def all_value_is_available_or_held(self) -> None:
        assert self.card.available + self.card.held == self.value
        assert {each.id: each.amount for each in self.card.holds} == self.open

    @invariant()
    def only_money_that_went_back_leaves_less_than_nothing(self) -> None:
        assert self.card.available >= -self.gone

    @invariant()
    def what_can_be_spent_will_expire_or_be_looked_at(self) -> None:
        if self.card.available < 0 or (self.card.state is CardState.ACTIVE and self.card.available):
            assert self.card.due_at is not None


TestCardMachine = CardMachine.TestCase
TestCardMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

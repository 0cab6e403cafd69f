"""Counting each event once, and telling the last day and the last months."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import MAX_WRITES, UnitOfWork, Write
from tollgate.statistics.model import KEEP_COUNTERS, Occurrence, Tally, bucket_of, month_of, tally
from tollgate.statistics.months import KEEP_MONTHS, MonthTally, beginning_of, month_before, month_tally
from tollgate.statistics.ports import NotCountable, NotStored, StatisticsRepository

DAY = timedelta(days=1)
# A transaction that is refused costs as much as one that is not. Where so many of one batch were, most of it probably
# comes again, and each is tried by itself.
_FEW_REFUSALS = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """How many events were marked, how many were marked before, and those that are not ours."""

    marked: int
    repeated: int
    strangers: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class LastDay:
    """What became of the payments that were created since `since`, the beginning of a bucket."""

    since: datetime
    tally: Tally


class Statistics:
    """Counters are only ever changed together with the marks of the events that they count: a delivery that is
    repeated, split, lost half way or out of order changes nothing twice.
    """

    def __init__(self, repository: StatisticsRepository, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._repository = repository
        self._unit_of_work = unit_of_work
        self._clock = clock

    def count(self, occurrences: Sequence[Occurrence]) -> Counted:
        """Count what was not counted yet. Raises what the unit of work raises for a busy store; what was committed by
        then stays, and is recognised when it comes again.
        """
        different = tuple(dict.fromkeys(occurrences))
        refused = [each for batch in _transactions(different) for each in self._commit(batch)]
        strangers = tuple(each.occurrence for each in refused if isinstance(each, NotStored))
        repeated = len(occurrences) - len(different) + len(refused) - len(strangers)
        return Counted(len(different) - len(refused), repeated, strangers)

    def last_day(self, tenant: str) -> LastDay:
        """The last 24 hours, and what is missing of the ten minutes in which they begin."""
        since = bucket_of(self._clock.now() - DAY)
        return LastDay(since, self._repository.since(tenant, since))

    def months(self, tenant: str) -> Mapping[str, MonthTally]:
        """This month and the one before."""
        this = month_of(self._clock.now())
        return self._repository.of_months(tenant, (this, month_before(this)))

    def _commit(self, batch: Sequence[Occurrence]) -> list[NotCountable]:
        """One transaction for all that can be counted, while few drop out of it because they cannot."""
        waiting = list(batch)
        refused: list[NotCountable] = []
        while waiting:
            tried = waiting if len(refused) < _FEW_REFUSALS else waiting[:1]
            try:
                self._unit_of_work.commit(*(self._repository.mark(each) for each in tried), *self._counters(tried))
            except NotCountable as error:
                refused.append(error)
                waiting.remove(error.occurrence)
            else:
                waiting = waiting[len(tried) :]
        return refused

    def _counters(self, marked: Sequence[Occurrence]) -> Iterator[Write]:
        """What is too old to be asked for is marked all the same: the mark also says that the event arrived."""
        spread = marked[0].payment_id
        for (tenant, bucket), counted in self._by_bucket(marked).items():
            yield self._repository.add(tenant, bucket, tally(counted), spread)
        for (tenant, month), counted in self._by_month(marked).items():
            yield self._repository.add_to_month(tenant, month, month_tally(counted), spread)

    def _by_bucket(self, marked: Iterable[Occurrence]) -> Mapping[tuple[str, datetime], list[Occurrence]]:
        oldest = bucket_of(self._clock.now() - KEEP_COUNTERS)
        buckets: dict[tuple[str, datetime], list[Occurrence]] = {}
        for each in marked:
            if each.bucket is not None and each.bucket > oldest:
                buckets.setdefault((each.tenant, each.bucket), []).append(each)
        return buckets

    def _by_month(self, marked: Iterable[Occurrence]) -> Mapping[tuple[str, str], list[Occurrence]]:
        oldest = self._clock.now() - KEEP_MONTHS
        months: dict[tuple[str, str], list[Occurrence]] = {}
        for each in marked:
            if each.month is not None and beginning_of(each.month) > oldest:
                months.setdefault((each.tenant, each.month), []).append(each)
        return months


def _transactions(different: Sequence[Occurrence]) -> Iterator[Sequence[Occurrence]]:
    """No two of one event in a transaction: where they disagree, only one of them can be ours."""
    waiting = different
    while waiting:
        first = {each.identity: each for each in reversed(waiting)}
        yield from _fitting(first.values())
        waiting = [each for each in waiting if first[each.identity] is not each]


def _fitting(occurrences: Iterable[Occurrence]) -> Iterator[Sequence[Occurrence]]:
    """As many as a transaction takes, with a mark for each, and the counters that they need together."""
    fitting: list[Occurrence] = []
    counters: set[tuple[str, object]] = set()
    for each in occurrences:
        its = {(each.tenant, place) for place in (each.bucket, each.month) if place is not None}
        if len(fitting) + 1 + len(counters | its) > MAX_WRITES:
            yield fitting
            fitting, counters = [], set()
        fitting.append(each)
        counters |= its
    if fitting:
        yield fitting

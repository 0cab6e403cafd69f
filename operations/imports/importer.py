"""Taking the records of a file over, a hundred at a time. Each is found again by the mark that is stored with it, so
that a run which was killed, or is begun a second time, passes by what is here at the price of a read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

from operations.access import AWS_ERRORS, explained
from operations.imports.common import Defaults
from operations.imports.drafting import Draft, Drafting, DraftSubscription
from operations.imports.fields import RowRefused
from operations.imports.outcome import DIFFERS, INVALID, Outcome, Refusal, Report
from operations.imports.reading import read
from operations.imports.records import Record
from operations.imports.rows import BadRow, Row
from operations.imports.shapes import LEGACY_ID
from operations.imports.writing import Writing
from operations.report import Say
from tollgate.adapters.dynamodb.imports import AlreadyImported, DynamoImports
from tollgate.kernel.errors import FieldError, RetryableError, TollgateError
from tollgate.payments.errors import PaymentExists, PaymentExpected, ReferenceTaken
from tollgate.subscriptions.errors import AlreadySubscribed, SubscriptionExists

AT_ONCE = 100
# As many as the connection keeps open; the store takes far more.
THREADS = 8
TELL_EVERY_SECONDS = 2.0
_REFUSING = (AlreadySubscribed, ReferenceTaken, SubscriptionExists, PaymentExists, PaymentExpected)

type Numbered[T] = tuple[int, T]


class Importer:
    """Reads in one thread, writes in several. Of records that claim the same, the first in the file is first."""

    def __init__(self, imports: DynamoImports, drafting: Drafting, writing: Writing, defaults: Defaults) -> None:
        self._imports = imports
        self._drafting = drafting
        self._writing = writing
        self._defaults = defaults

    def run(self, rows: Iterable[Row | BadRow], outcome: Outcome, report: Report, say: Say) -> None:
        """Never raises what an operator can cause or mend."""
        progress = _Progress(outcome, say)
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                for some in batched(rows, AT_ONCE, strict=False):
                    report.add(self._take(some, outcome, pool))
                    progress.tell()
        except (RetryableError, *AWS_ERRORS) as error:
            outcome.why = explained(error)
        except KeyboardInterrupt:
            outcome.why = "interrupted"
        progress.tell(now=True)

    def _take(self, some: Sequence[Row | BadRow], outcome: Outcome, pool: ThreadPoolExecutor) -> list[Refusal]:
        """What was refused of a hundred; the rest is counted."""
        refused: list[Refusal] = []
        records = list(self._records(some, refused))
        known = self._imports.known((each.tenant, each.id) for _, each in records)
        fresh: list[Numbered[Record]] = []
        for number, record in records:
            mark = known.get((record.tenant, record.id))
            if mark is None:
                fresh.append((number, record))
            elif refusal := _compared(number, record, mark):
                refused.append(refusal)
            else:
                outcome.unchanged += 1
        for wave in _waves(list(self._drafts(fresh, refused))):
            for (_, draft), came_of_it in zip(wave, pool.map(self._write, wave), strict=True):
                _count(draft, came_of_it, outcome, refused)
        outcome.refused.update(each.code for each in refused)
        return refused

    def _records(self, some: Sequence[Row | BadRow], refused: list[Refusal]) -> Iterator[Numbered[Record]]:
        for row in some:
            if isinstance(row, BadRow):
                refused.append(Refusal(row.number, None, INVALID, row.errors))
                continue
            try:
                yield row.number, read(row, self._defaults)
            except RowRefused as why:
                refused.append(Refusal(row.number, _named(row), why.code, why.errors))

    def _drafts(self, fresh: Sequence[Numbered[Record]], refused: list[Refusal]) -> Iterator[Numbered[Draft]]:
        for number, record in fresh:
            try:
                yield number, self._drafting.draft(record)
            except RowRefused as why:
                refused.append(Refusal(number, record.legacy_id, why.code, why.errors))

    def _write(self, numbered: Numbered[Draft]) -> Refusal | bool:
        """Whether it was stored now, or why it was refused. Raises what a busy store raises."""
        number, draft = numbered
        try:
            self._writing.write(draft)
        except AlreadyImported as known:
            return _compared(number, draft.record, known.fingerprint) or False
        except _REFUSING as why:
            return Refusal(number, draft.record.legacy_id, *_said(draft, why))
        return True


def _count(draft: Draft, came_of_it: Refusal | bool, outcome: Outcome, refused: list[Refusal]) -> None:
    if isinstance(came_of_it, Refusal):
        refused.append(came_of_it)
    elif came_of_it:
        outcome.imported[draft.record.prefix] += 1
    else:
        outcome.unchanged += 1


def _waves(waiting: Sequence[Numbered[Draft]]) -> Iterator[Sequence[Numbered[Draft]]]:
    """Drafts in the order of the file; what claims the same as one before it waits until that is done."""
    while waiting:
        claimed: set[str] = set()
        wave: list[Numbered[Draft]] = []
        later: list[Numbered[Draft]] = []
        for each in waiting:
            claims = each[1].claims
            (later if claimed & claims else wave).append(each)
            claimed |= claims
        yield wave
        waiting = later


def _compared(number: int, record: Record, mark: str) -> Refusal | None:
    """None where it says what was imported, whatever has become of that since."""
    if mark == record.fingerprint:
        return None
    why = "it was imported before, and said something else then; what is here stays as it is"
    return Refusal(number, record.legacy_id, DIFFERS, (FieldError("legacy_id", why),))


def _said(draft: Draft, why: TollgateError) -> tuple[str, tuple[FieldError, ...]]:
    """A code, and the field that is to blame."""
    match why:
        case AlreadySubscribed(subscription_id=standing):
            return "already_subscribed", (FieldError("user_id", f"has {standing} open, of the same product"),)
        case ReferenceTaken():
            what = "provider_subscription" if isinstance(draft, DraftSubscription) else "provider_payment"
            return "reference_taken", (FieldError(what, "leads to another one that is here"),)
    return "id_taken", (FieldError("legacy_id", "something else has the id that follows from it"),)


def _named(row: Row) -> str | None:
    """What is no id is not repeated: it may be anything."""
    found = row.fields.get("legacy_id", "")
    return found if LEGACY_ID.pattern.fullmatch(found) else None


class _Progress:
    """A line every few seconds, and one in the end."""

    def __init__(self, outcome: Outcome, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._outcome = outcome
        self._say = say
        self._clock = clock
        self._begun = self._told = clock()
        self._done = -1

    def tell(self, *, now: bool = False) -> None:
        at = self._clock()
        if self._done == self._outcome.done or (not now and at - self._told < TELL_EVERY_SECONDS):
            return
        self._told, self._done = at, self._outcome.done
        of, elapsed = self._outcome, max(at - self._begun, 0.001)
        self._say(f"{of.done:,} of {of.total:,} rows, {of.done / elapsed:,.0f} a second: {of.counts()}")

"""From the queue of published events to the mails."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tollgate.kernel.clock import from_iso
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.ids import is_id
from tollgate.kernel.money import Money
from tollgate.mails.model import LETTER_OF, ONLY_WHERE, SUBJECT_OF, Letter, News, Tender
from tollgate.mails.service import Mails, Told
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.observability import cause_of, flush

_ID_OF: dict[str, str] = {"payment": "pay", "gift_card": "gft", "subscription": "sub", "group_share": "shr"}


class MailQueue:
    """One mail after the other, each noted before the next is sent. No log line tells to whom, nor what."""

    def __init__(self, mails: Mails, logger: Logger, metrics: Metrics) -> None:
        self._mails = mails
        self._logger = logger
        self._metrics = metrics

    def deliver(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Reports the messages that must come again. What cannot be read does, too, and after some tries goes to the
        dead letters: whatever wrote it, it must not vanish unseen.
        """
        self._logger.set_correlation_id(context.aws_request_id)
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], self._deliver, lambda_context=context):
            processor.process()
        flush(self._metrics)
        return processor.response()

    def _deliver(self, record: SQSRecord) -> None:
        about: dict[str, Any] = {"sqs_message": record.message_id}
        try:
            news = news_of(record.body)
            about |= {"tenant": news.tenant, "event": news.event_id, "letter": news.letter, "subject": news.subject_id}
            told = self._mails.tell(news)
        except Exception as error:
            # The batch processor keeps it to itself; the queue only gives the message out again.
            if isinstance(error, RetryableError):
                self._logger.warning("not sent; it comes again", cause=cause_of(error), **about)
            else:
                self._logger.exception("not sent; it comes again", **about)
            self._metrics.add_metric("Mails.not_sent", MetricUnit.Count, 1)
            raise
        self._logger.info("mail", outcome=told, **about)
        self._metrics.add_metric(f"Mails.{told}", MetricUnit.Count, 1)
        if told is Told.REFUSED and news.letter is Letter.GIFT_CARD:
            self._metrics.add_metric("Mails.gift_card_refused", MetricUnit.Count, 1)


def news_of(body: str) -> News:
    """The event of ours in a message that EventBridge wrote; `ValueError` for anything else."""
    try:
        envelope = json.loads(body)["detail"]
        letter, aggregate, data = LETTER_OF[envelope["type"]], envelope["aggregate"], envelope["data"]
        news = News(
            tenant=envelope["tenant"],
            event_id=envelope["id"],
            letter=letter,
            subject_id=aggregate["id"],
            occurred_at=from_iso(envelope["occurred_at"]),
            tendered=_tendered(data.get("tenders", ()), Money(data["amount"], data["currency"])),
            invoice=_text(data.get("invoice")),
            group=_group(letter, data),
            has_letter=letter not in ONLY_WHERE or data[ONLY_WHERE[letter]] is True,
        )
        if aggregate["type"] == SUBJECT_OF[letter] and _is_ours(news):
            return news
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, TollgateError) as error:
        raise ValueError(f"{type(error).__name__} while reading it") from error
    raise ValueError("its names are none of ours")


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError("it names something by what is no text")


def _tendered(tenders: Iterable[Mapping[str, Any]], amount: Money) -> tuple[tuple[Tender, Money], ...]:
    """What each kind of tender paid of the amount, together never more than that."""
    parts = {kind: sum(each["amount"] for each in tenders if each["type"] == kind) for kind in Tender}
    if not 0 <= sum(parts.values()) <= amount.amount or any(part < 0 for part in parts.values()):
        raise ValueError("its tenders do not fit its amount")
    return tuple((kind, Money(part, amount.currency)) for kind, part in parts.items() if part)


def _group(letter: Letter, data: Mapping[str, Any]) -> str | None:
    """That of a share, which is found by both."""
    if SUBJECT_OF[letter] != "group_share":
        return None
    group = data["group_id"]
    if not is_id("grp", group):
        raise ValueError("its group is none of ours")
    return str(group)


def _is_ours(news: News) -> bool:
    """Whether it can be looked up: what is not shaped like our keys never reaches the table."""
    return (
        TENANT_PATTERN.fullmatch(news.tenant) is not None
        and is_id("evt", news.event_id)
        and is_id(_ID_OF[SUBJECT_OF[news.letter]], news.subject_id)
        and news.occurred_at.tzinfo is not None
    )

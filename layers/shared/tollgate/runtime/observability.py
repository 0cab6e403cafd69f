"""Logs without secrets or personal detail, and metrics, through Powertools. Its Tracer stays out: it costs more than
all else here.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from tollgate.routing.ports import HealthWatch
from tollgate.runtime.card_numbers import SHORTEST_CARD, card_end

_REDACTED = "[redacted]"
# What is looked for stands alone. In a line of JSON it may follow an escaped line break, which ends in a letter.
_START = r"(?:(?<![A-Za-z0-9_.-])|(?<=\\[bfnrt]))"
# Each with words that are in whatever it finds: looking for those first takes a hundredth of the time.
_SENSITIVE = (
    (("@",), re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")),  # e-mail addresses
    (("_test_", "_live_", "whsec_"), re.compile(r"(?:sk|rk|pk)_(?:test|live)_\w+|whsec_\w+")),  # provider keys
    (("eyJ",), re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")),  # JSON web tokens
)
# As they are printed on gift cards: three or four groups, a letter among them. Looking for one between dashes is quick.
_GROUP = "[2-9A-HJ-NP-Z]{4}"
_GIFT_CARD_CODE = re.compile(_START + rf"(?=[2-9-]*[A-Z]){_GROUP}(?:-{_GROUP}){{2,3}}(?![A-Za-z0-9_]|-[A-Za-z0-9])")
_MIDDLE_GROUP = re.compile(f"-{_GROUP}-")
_DIGIT_RUN = re.compile(_START + r"[0-9]+(?:[ -][0-9]+)*(?![A-Za-z0-9_]|[.-]\w)")
_TALKATIVE = ("aws_lambda_powertools", "boto3", "botocore", "pynamodb", "stripe", "urllib3")
_MANY_DIGITS = re.compile(rf"[0-9][ -]?(?:[0-9][ -]?){{{SHORTEST_CARD - 1}}}")


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Cleans the whole line after it is built, so that nothing slips by in a message, a field or a stack trace."""

    def serialize(self, log: Any) -> str:
        return redact(super().serialize(log))


def redact(text: str) -> str:
    """The text without e-mail addresses, keys, tokens, codes of gift cards, and card numbers (runs of 13 to 19 digits
    that pass the Luhn check).
    """
    for signs, pattern in _SENSITIVE:
        if any(sign in text for sign in signs):
            text = pattern.sub(_REDACTED, text)
    if _MIDDLE_GROUP.search(text):
        text = _GIFT_CARD_CODE.sub(_REDACTED, text)
    return _DIGIT_RUN.sub(_without_cards, text) if _MANY_DIGITS.search(text) else text


def _without_cards(run: re.Match[str]) -> str:
    """Digits in groups: a card number is some of them in a row, perhaps with an expiry date or a code behind."""
    groups = re.findall(r"[0-9]+|[ -]", run.group())
    kept: list[str] = []
    at = 0
    while at < len(groups):
        end = card_end(groups, at)
        kept.append(_REDACTED if end else groups[at])
        at = end or at + 1
    return "".join(kept)


def make_logger() -> Logger:
    """Named and levelled by POWERTOOLS_SERVICE_NAME and LOG_LEVEL. What libraries tell below WARNING stays out: whole
    requests and answers, with the secrets in them, at DEBUG; two lines for each call of Stripe at INFO. Lambda gives
    the root logger our level, and does not redact.
    """
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)
    return Logger(logger_formatter=RedactingFormatter(json_deserializer=_as_it_is))


def _as_it_is(message: Any) -> Any:
    """No message of ours is JSON, and finding that out takes an exception."""
    return message


def make_metrics() -> Metrics:
    """CloudWatch metrics in embedded format, in the namespace of POWERTOOLS_METRICS_NAMESPACE."""
    return Metrics()


class ProviderHealthWatch(HealthWatch):
    """Logs and counts that a provider was taken for healthy without knowing, or that others were not told."""

    def __init__(self) -> None:
        self._logger, self._metrics = make_logger(), make_metrics()

    def blind(self, doing: str, error: Exception) -> None:
        self._logger.warning("no health", doing=doing, kind=type(error).__name__, cause=cause_of(error))
        self._metrics.add_metric("ProviderHealthUnavailable", MetricUnit.Count, 1)


def flush(metrics: Metrics) -> None:
    """Print the metrics of this invocation, if there are any."""
    if metrics.metric_set:
        metrics.flush_metrics()


def cause_of(error: BaseException) -> str:
    """What an error of ours stands for: its own reason, and the names and texts of what caused it, outermost first."""
    told = [str(getattr(error, "reason", "")) or str(error)]
    while (cause := error.__cause__) is not None:
        told.append(f"{type(cause).__name__}: {cause}")
        error = cause
    return "; ".join(part for part in told if part)[:1000]

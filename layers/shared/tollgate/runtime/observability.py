"""Logs without secrets or personal detail, and metrics, through Powertools. Its Tracer stays out: it costs more than
all else here.
"""

from __future__ import annotations

import re
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_REDACTED = "[redacted]"
_SENSITIVE = (
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),  # e-mail addresses
    re.compile(r"\b(?:sk|rk|pk)_(?:test|live)_\w+|\bwhsec_\w+"),  # provider keys
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"),  # JSON web tokens
)
_DIGIT_RUN = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Cleans the whole line after it is built, so that nothing slips by in a message, a field or a stack trace."""

    def serialize(self, log: Any) -> str:
        return redact(super().serialize(log))


def redact(text: str) -> str:
    """The text without e-mail addresses, keys, tokens and card numbers (runs of 13 to 19 digits that pass the Luhn
    check).
    """
    for pattern in _SENSITIVE:
        text = pattern.sub(_REDACTED, text)
    return _DIGIT_RUN.sub(lambda run: _REDACTED if _luhn(run.group()) else run.group(), text)


def _luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def make_logger() -> Logger:
    """Named and levelled by POWERTOOLS_SERVICE_NAME and LOG_LEVEL."""
    return Logger(logger_formatter=RedactingFormatter())


def make_metrics() -> Metrics:
    """CloudWatch metrics in embedded format, in the namespace of POWERTOOLS_METRICS_NAMESPACE."""
    return Metrics()


def flush(metrics: Metrics) -> None:
    """Print the metrics of this invocation, if there are any."""
    if metrics.metric_set:
        metrics.flush_metrics()

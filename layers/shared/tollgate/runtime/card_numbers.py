"""Card numbers in a text: 13 to 19 digits, in one piece or in groups, that pass the Luhn check."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORTEST_CARD, _LONGEST_CARD = 13, 19
_RUN = re.compile("[0-9]+(?:[^A-Za-z0-9]+[0-9]+)*")
_SEPARATORS = re.compile("([^A-Za-z0-9]+)")


def holds_card_number(text: str) -> bool:
    """Whether one stands anywhere in the text, whatever parts its groups."""
    runs = (_SEPARATORS.split(run) for run in _RUN.findall(text))
    return any(card_end(groups, at) for groups in runs for at in range(0, len(groups), 2))


def card_end(groups: Sequence[str], start: int) -> int | None:
    """Groups of digits, with what parts them in between: after the longest card number that begins with this group, if
    one does.
    """
    digits, found = "", None
    for end in range(start, len(groups), 2):
        digits += groups[end]
        if len(digits) > _LONGEST_CARD:
            break
        if len(digits) >= SHORTEST_CARD and _luhn(digits):
            found = end + 1
    return found


def _luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0

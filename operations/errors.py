"""How a command ends, and what it tells in words instead of a traceback."""

from __future__ import annotations

# Exit codes: all of it was done; some of it was not, see the summary; the command could not begin.
DONE, LEFT_OVER, REFUSED = 0, 1, 2


class OperationError(Exception):
    """Something the operator can act on: the message says what is wrong and what to type next."""

"""What a person at the terminal is told in words, without a traceback."""


class LocalError(Exception):
    """Something the person can act on; the message says what is wrong and what to do next."""

"""Identifiers in Stripe's form: a prefix that names the kind, then random letters and digits."""

import secrets
import string

_LETTERS = string.ascii_letters + string.digits


def random_letters(count: int) -> str:
    """Letters and digits from the system's random source."""
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def new_id(prefix: str) -> str:
    """An id such as `pi_3…`. Ids are told apart by their randomness only and carry no order."""
    length = {"cs_test": 60, "cus": 14, "req": 14, "prod": 14}.get(prefix, 24)
    return f"{prefix}_{random_letters(length)}"

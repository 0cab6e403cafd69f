"""Identifiers: `pay_` plus 26 letters of Crockford base 32. New ones sort by time; derived ones are the same for the
same key, for ever.
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tollgate.kernel.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
# Two letters for every ten bits.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(rf"[a-z]{{2,8}}_[{_ALPHABET}]{{{_LENGTH}}}")


class IdFactory(ABC):
    """Where fresh identity and randomness come from."""

    @abstractmethod
    def new(self, prefix: str) -> str:
        """A fresh id that sorts after those made in earlier milliseconds."""


class SortableIds(IdFactory):
    """48 bits of milliseconds, then 80 random bits (the ULID layout, in lower case)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, prefix: str) -> str:
        milliseconds = (self._clock.now() - _EPOCH) // timedelta(milliseconds=1)
        return f"{prefix}_{_encode((milliseconds << 80) | int.from_bytes(os.urandom(10)))}"


@lru_cache(maxsize=64)
def derived(prefix: str, *parts: str) -> str:
    """The id that these parts always give. Parts are length-prefixed, so that no two lists of parts run together."""
    text = "".join([f"{len(part.encode())}:{part}" for part in parts])
    return encoded(prefix, hashlib.sha256(text.encode()).digest())


def encoded(prefix: str, digest: bytes) -> str:
    """The id that a digest of 32 bytes gives, however it was made: of its first 130 bits."""
    return f"{prefix}_{_encode(int.from_bytes(digest) >> (256 - 5 * _LENGTH))}"


def is_id(prefix: str, text: str) -> bool:
    """Whether text has the shape of an id with that prefix, so that nothing else is ever looked up."""
    return text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None


def shard(text: str, shards: int) -> int:
    """A stable shard number of 0..shards-1, even over ids of either kind."""
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=4).digest()) % shards


def _encode(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(5 * (_LENGTH - 2), -1, -10)])

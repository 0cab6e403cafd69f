"""Texts that are stored deflated: they are the larger part of an item, and a kilobyte is what a write costs."""

from __future__ import annotations

import zlib

# A window of 8 KB, and tables to go with it, hold any text of ours; zlib's own are sixteen times as large, and clearing
# them takes longer than the work. Whatever was deflated with other windows is read all the same.
_LEVEL, _WINDOW_BITS, _MEMORY_LEVEL = 6, 13, 6


def deflated(content: bytes) -> bytes:
    """In zlib's format."""
    deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return deflating.compress(content) + deflating.flush()


def inflated(content: bytes) -> bytes:
    """The content again."""
    return zlib.decompress(content)

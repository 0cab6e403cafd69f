"""State from an engine on another port: its own addresses in it are rewritten.

Engine: queues are known by addresses that hold the port, so on another port they are strangers and their messages lost.
AWS: an address never changes.
"""

from __future__ import annotations

from typing import Any


def moved(state: Any, old: str, new: str) -> Any:
    """The same state with `old` (host:port) replaced by `new` in every text, keys included."""
    if old == new:
        return state

    def rewrite(value: Any) -> Any:
        match value:
            case str():
                return value.replace(old, new)
            case dict():
                entries = {rewrite(key): rewrite(entry) for key, entry in value.items()}
                value.clear()
                value.update(entries)  # in place: a defaultdict stays one
            case list() | tuple():
                return type(value)(rewrite(item) for item in value)
            case _ if isinstance(getattr(value, "_data", None), dict):
                rewrite(value._data)  # the engine's dicts per account and region
        return value

    return rewrite(state)

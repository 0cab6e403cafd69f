"""Parameters as data: each operation declares what it takes, and anything else is refused the way Stripe does."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.simulators.stripe.errors import invalid
from local.simulators.stripe.form import Raw
from local.simulators.stripe.parameter_kinds import Kind, Number, Text


@dataclass(frozen=True, slots=True)
class Unsettable:
    """Another kind whose value may be removed by sending it empty."""

    kind: Kind

    def read(self, raw: Raw, at: str) -> Any:
        return None if raw == "" else self.kind.read(raw, at)


@dataclass(frozen=True, slots=True)
class Items:
    """An array, sent as `name[0]…` or `name[]`."""

    kind: Kind
    most: int = 100

    def read(self, raw: Raw, at: str) -> list[Any]:
        values = list(raw) if isinstance(raw, list) else _in_order(raw, at)
        if len(values) > self.most:
            raise invalid(f"{at} may have at most {self.most} entries.", param=at)
        return [self.kind.read(value, f"{at}[{index}]") for index, value in enumerate(values)]


def _in_order(raw: Raw, at: str) -> Sequence[Raw]:
    if not isinstance(raw, dict) or not all(re.fullmatch(r"\d{1,6}", key, re.ASCII) for key in raw):
        raise invalid(f"{at} must be an array.", param=at)
    return [raw[key] for key in sorted(raw, key=int)]


@dataclass(frozen=True, slots=True)
class Group:
    """Named parameters.

    `unbuilt` names real parameters of Stripe that this simulator does not act on; `retired` those that the pinned
    version no longer takes, each with its error code.
    """

    fields: Mapping[str, Kind]
    required: Sequence[str] = ()
    unbuilt: str = ""
    retired: Mapping[str, str] = field(default_factory=dict)
    _unbuilt: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_unbuilt", frozenset(self.unbuilt.split()))

    def read(self, raw: Raw, at: str = "") -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise invalid(f"{at} must be an object.", param=at)
        for name in raw:
            self._check_known(name, _nested(at, name))
        for name in self.required:
            if name not in raw:
                where = _nested(at, name)
                raise invalid(f"The parameter {where} is required.", param=where, code="parameter_missing")
        return {name: self.fields[name].read(value, _nested(at, name)) for name, value in raw.items()}

    def _check_known(self, name: str, where: str) -> None:
        if name in self._unbuilt:
            raise invalid(f"This simulator does not implement the parameter {where}.", param=where)
        if name in self.retired:
            message = f"The parameter {where} is no longer supported."
            raise invalid(message, param=where, code=self.retired[name])
        if name not in self.fields:
            raise invalid(f"Received the unknown parameter {where}.", param=where, code="parameter_unknown")


def _nested(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


@dataclass(frozen=True, slots=True)
class Moments:
    """A time filter: one moment, or bounds `gt gte lt lte`, in epoch seconds."""

    def read(self, raw: Raw, at: str) -> dict[str, int]:
        if isinstance(raw, str):
            moment = Number().read(raw, at)
            return {"gte": moment, "lte": moment}
        return Group({name: Number() for name in ("gt", "gte", "lt", "lte")}).read(raw, at)


EXPAND: dict[str, Kind] = {"expand": Items(Text())}
PAGE: dict[str, Kind] = {
    **EXPAND,
    "limit": Number(1, 100),
    "starting_after": Text(),
    "ending_before": Text(),
    "created": Moments(),
}

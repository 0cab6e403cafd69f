"""The consumers of `config/consumers.yaml`, each checked before it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from local.errors import LocalError
from tollgate.deliveries.addresses import AddressRefused, address_of
from tollgate.deliveries.consumers import EVERY_TENANT, KEY_PATTERN, TYPE_PATTERN, Consumer
from tollgate.payments.events import ALIASES
from tollgate.runtime.http.principal import TENANT_PATTERN
from tollgate.runtime.settings import Settings

_OTHER_NAMES = {alias: own for own, aliases in ALIASES.items() for alias in aliases}
_FIELDS = {"url", "tenants", "types", "since", "active"}


class ConsumerRefused(LocalError):
    """A consumer cannot be written as it stands in the file; the message says what to change."""


def consumers(document: Mapping[str, Any], environment: Mapping[str, str]) -> list[Consumer]:
    """Those that have an address, from the file or the environment. Raises ConsumerRefused."""
    laptop = Settings.from_environment(environment).is_laptop
    return [each for key, told in document["consumers"].items() for each in _consumer(key, told, environment, laptop)]


def _consumer(key: str, told: Mapping[str, Any], environment: Mapping[str, str], laptop: bool) -> Iterator[Consumer]:
    variable = f"PAYMENTS_CONSUMER_{key.upper().replace('-', '_')}_EVENTS_URL"
    url = environment.get(variable, "").strip() or told.get("url", "")
    if not url:
        return
    try:
        address_of(url, laptop=laptop)
    except AddressRefused as error:
        raise ConsumerRefused(f"{key}: url: {error}") from error
    if unknown := set(told) - _FIELDS:
        raise ConsumerRefused(f"{key}: {', '.join(sorted(unknown))}: not known here")
    if not KEY_PATTERN.fullmatch(key):
        raise ConsumerRefused(f"{key}: a key is lower-case letters, digits, - and _, and at most 32 of them")
    yield Consumer(
        key=key,
        url=url,
        tenants=frozenset(_tenants(key, told.get("tenants"))),
        types=frozenset(_types(key, told.get("types") or [])),
        since=_since(key, told.get("since")),
        active=bool(told.get("active", True)),
    )


def _tenants(key: str, told: Any) -> Iterator[str]:
    if not isinstance(told, list) or not told:
        raise ConsumerRefused(f"{key}: tenants: a list of tenants, or of * for all")
    for each in told:
        if each != EVERY_TENANT and not TENANT_PATTERN.fullmatch(str(each)):
            raise ConsumerRefused(f"{key}: tenants: {each} is no tenant's name")
        yield str(each)


def _types(key: str, told: list[Any]) -> Iterator[str]:
    for each in told:
        if each in _OTHER_NAMES:
            raise ConsumerRefused(f"{key}: types: {each} is another name of {_OTHER_NAMES[each]}; write that")
        if not TYPE_PATTERN.fullmatch(str(each)):
            raise ConsumerRefused(f"{key}: types: {each} is no event's type, nor the beginning of some with .*")
        yield str(each)


def _since(key: str, told: Any) -> datetime:
    try:
        since = datetime.fromisoformat(str(told))
    except ValueError as error:
        raise ConsumerRefused(f"{key}: since: an ISO 8601 time with an offset, such as 2026-01-31T00:00:00Z") from error
    if since.tzinfo is None:
        raise ConsumerRefused(f"{key}: since: with an offset, such as 2026-01-31T00:00:00Z")
    return since.astimezone(UTC)
